"""The model card's numbers in one run: AP50 per class, folder and source, cost per picture, thresholds.

    python evaluate.py [--json FILE]

On the held-out pictures, each letterboxed to 416 x 256 at the top left; uncertain boxes are ignored. Costs are
processor milliseconds of one picture on one thread, the models taken in turns, so that their ratio holds on a
busy machine too.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime

import metrics
from data import PAD, Pictures, letterbox
from net import CLASSES

REPO = Path(__file__).resolve().parents[2]
# Of the first that is there the card tells sources and thresholds.
OURS = ("street-small", "street-small-int8", "street-nano", "street-nano-int8")
YOLOX = "yolox_nano_416"
YOLOX_SIZE = 416
# COCO's numbers of the classes that both know.
COCO = {0: "person", 1: "two_wheeler", 2: "car", 3: "two_wheeler", 5: "bus", 7: "truck"}
TIMED_ROUNDS = 60


def session_of(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def ours(session, picture):
    """Detections of one of our files, in pixels of the picture."""
    canvas, scale = letterbox(picture)
    out = session.run(None, {"images": canvas.transpose(2, 0, 1)[None].astype(np.float32)})[0][0].T
    centre, half = out[:, :2], out[:, 2:4] / 2
    boxes = np.concatenate((centre - half, centre + half), 1) / scale
    return metrics.detections(boxes, out[:, 4:])


def yolox(session, picture):
    """Detections of YOLOX-nano, given the same 416 x 256 picture on its square canvas."""
    canvas, scale = letterbox(picture)
    square = np.full((YOLOX_SIZE, YOLOX_SIZE, 3), PAD, np.uint8)
    square[: canvas.shape[0]] = canvas
    fed = square[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    out = session.run(None, {"images": fed})[0][0]
    grids, strides = [], []
    for stride in (8, 16, 32):
        side = YOLOX_SIZE // stride
        ys, xs = np.mgrid[:side, :side]
        grids.append(np.stack((xs, ys), -1).reshape(-1, 2))
        strides.append(np.full((side * side, 1), stride))
    grids, strides = np.concatenate(grids), np.concatenate(strides)
    centre, half = (out[:, :2] + grids) * strides, np.exp(out[:, 2:4]) * strides / 2
    scores = np.zeros((len(out), len(CLASSES)), np.float32)
    for number, name in COCO.items():
        c = CLASSES.index(name)
        scores[:, c] = np.maximum(scores[:, c], out[:, 4] * out[:, 5 + number])
    return metrics.detections(np.concatenate((centre - half, centre + half), 1) / scale, scores)


def cpu_ms(sessions):
    """Median processor time per run of each, in turns."""
    feeds = {n: {s.get_inputs()[0].name: np.random.default_rng(1).random(s.get_inputs()[0].shape, np.float32) * 255}
             for n, s in sessions.items()}
    times = {name: [] for name in sessions}
    for _ in range(TIMED_ROUNDS):
        for name, session in sessions.items():
            begin = time.process_time()
            session.run(None, feeds[name])
            times[name].append((time.process_time() - begin) * 1e3)
    return {name: float(np.median(t)) for name, t in times.items()}


def table(title, rows):
    print(f"\n{title}\n\n| | " + " | ".join(CLASSES) + " |\n|---|" + "---|" * len(CLASSES))
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join("-" if values[c] is None else f"{values[c]:.3f}" for c in CLASSES) + " |")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    shared = REPO.parent / "shared"
    p.add_argument("--data", type=Path, nargs="+", default=[shared / "train", shared / "train2"])
    p.add_argument("--public", type=Path, default=shared / "models")
    p.add_argument("--cache", type=Path, default=Path("~/.cache/lookout/train"))
    p.add_argument("--models", type=Path, default=REPO / "models")
    p.add_argument("--json", type=Path, help="write everything here too")
    args = p.parse_args()
    pictures = Pictures(args.data, args.cache)
    samples = pictures.split("val")
    files = {name: args.models / f"{name}.onnx" for name in OURS}
    sessions = {name: session_of(file) for name, file in files.items() if file.exists()}
    card = next(iter(sessions), None) or p.error(f"none of {', '.join(OURS)} is in {args.models}")
    sessions[YOLOX] = session_of(args.public / f"{YOLOX}.onnx")
    results = {name: [(yolox if name == YOLOX else ours)(session, pictures.pixels(s)) for s in samples]
               for name, session in sessions.items()}

    def scores(name, chosen, people_only=False):
        row = metrics.ap_table([samples[i] for i in chosen], [results[name][i] for i in chosen], people_only)
        return {**row, **dict.fromkeys(("face", "fire", "smoke"))} if name == YOLOX else row

    everything, tables = range(len(samples)), {}
    tables["AP50 on all held-out pictures"] = {n: scores(n, everything) for n in sessions}
    for folder in dict.fromkeys(s.folder for s in samples):
        chosen = [i for i in everything if samples[i].folder == folder]
        tables[f"AP50 on `{folder}` ({len(chosen)} pictures)"] = {n: scores(n, chosen) for n in sessions}
        title = f"AP50 on `{folder}`, only what people labelled"
        tables[title] = {n: scores(n, chosen, people_only=True) for n in sessions}
    pools = {}
    for pool in sorted({s.pool for s in samples}):
        chosen = [i for i in everything if samples[i].pool == pool]
        pools[f"{pool} ({len(chosen)})"] = scores(card, chosen)
    full, lost = tables["AP50 on all held-out pictures"], {}
    for name, row in full.items():
        whole = full.get(name.removesuffix("-int8"), row)
        if whole is not row:
            lost[name] = {c: None if row[c] is None else row[c] - whole[c] for c in CLASSES}
    tables["What 8 bits change of it"] = lost
    tables[f"AP50 of {card} by source (pictures)"] = pools
    for title, rows in tables.items():
        table(title, rows)

    print(f"\nThresholds of {card} with the best F1\n\n| class | threshold | F1 | precision | recall |\n|---|---|---|---|---|")
    thresholds = {}
    for c, name in enumerate(CLASSES):
        best = metrics.best_f1(*metrics.match(samples, results[card], c))
        thresholds[name] = best
        print(f"| {name} | " + " | ".join(f"{v:.2f}" for v in best) + " |")

    costs = cpu_ms(sessions)
    print("\nProcessor time of one picture on one thread\n\n| | ms | in runs of YOLOX-nano |\n|---|---|---|")
    for name, ms in costs.items():
        print(f"| {name} | {ms:.1f} | {ms / costs[YOLOX]:.2f} |")
    if args.json:
        args.json.write_text(json.dumps({"ap50": tables, "thresholds": thresholds, "cpu_ms": costs}, indent=1))


if __name__ == "__main__":
    main()
