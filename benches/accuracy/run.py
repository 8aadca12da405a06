"""What the models find, and what the rules tell, in tables for the model card.

Everything goes through the program as users have it: `lookout detect` for pictures, `lookout replay` for clips. What was
found is kept by model and picture set, so that an interrupted run goes on; --fresh forgets it.
"""

import argparse
import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import score

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
CLASSES = ("person", "face", "two_wheeler", "car", "bus", "truck", "fire", "smoke")
FOLDERS = ("train", "train2")
# Below what any threshold will be.
LOWEST_SCORE = 0.01
AT_ONCE = 100
TIMED_PICTURES = 60
TIMED_ROUNDS = 5
LOOKS_PER_SECOND = 5
EVENT_KINDS = ("fire", "smoke", "scuffle", "rush", "fallen")
# What has no default.
MORE = {"rush": ", at_least = 3"}
TRUTHS = ("fire", "fights", "ordinary", "quiet")


def models_of(manifest):
    """Name and classes in our words of every model of a manifest."""
    for entry in re.split(r"^\[\[model\]\]", manifest.read_text(), flags=re.M)[1:]:
        name = re.search(r'^name = "(.+)"', entry, re.M)[1]
        yield name, {word for word in CLASSES if f'"{word}"' in entry}


def pictures_of(shared, folder, step):
    rows = [json.loads(line) for line in (shared / folder / "labels.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["split"] == "val"][::step]
    for row in rows:
        row["key"] = str(shared / folder / "images" / row["image"])
    return rows


class Program:
    def __init__(self, path):
        self.path = path

    def run(self, *words):
        """Standard output and standard error of one call; a failure ends the benchmark."""
        done = subprocess.run([self.path, *map(str, words)], cwd=REPO, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"accuracy: lookout {words[0]} failed:\n{done.stderr}")
        return done.stdout, done.stderr

    def detect(self, model, files):
        out, _ = self.run("detect", "--threshold", LOWEST_SCORE, "--model", model.name, *model.where, *files)
        found = {str(file): [] for file in files}
        for line in out.splitlines():
            row = json.loads(line)
            found[row["file"]].append((row["class"], row["score"], row["box"]))
        return found


class Model:
    """A model of a manifest: its name, which of our classes it knows, how the program finds it."""

    def __init__(self, name, knows, manifest, files=None):
        self.name, self.knows = name, knows
        self.where = ("--manifest", manifest, *(("--model-files", files) if files else ()))
        self.weights = (files or manifest.parent) / f"{name}.onnx"


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:78}", end="", file=sys.stderr, flush=True)


def find_all(program, model, pictures, cache):
    key = hashlib.sha256("".join(p["key"] for p in pictures).encode() + model.weights.read_bytes())
    kept = cache / f"{model.name}-{key.hexdigest()[:12]}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    found = {}
    for start in range(0, len(pictures), AT_ONCE):
        progress(f"{model.name}: picture {start} of {len(pictures)}")
        found |= program.detect(model, [p["key"] for p in pictures[start : start + AT_ONCE]])
    part = kept.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.replace(kept)
    return found


def picture_tables(program, models, shared, step, cache):
    pools = {folder: pictures_of(shared, folder, step) for folder in FOLDERS if (shared / folder).is_dir()}
    everything = [p for pool in pools.values() for p in pool]
    found = {m.name: find_all(program, m, everything, cache) for m in models}
    for folder, pictures in pools.items():
        for title, people_only in (("", False), (", only what people labelled", True)):
            print(f"\nAP at IoU 0.5 on `{folder}` ({len(pictures)} pictures){title}\n")
            print("| | " + " | ".join(CLASSES) + " |\n|---|" + "---|" * len(CLASSES))
            for model in models:
                aps = [score.ap50(*score.match(pictures, found[model.name], c, people_only)) if c in model.knows else None
                       for c in CLASSES]
                print(f"| {model.name} | " + " | ".join("-" if ap is None else f"{ap:.3f}" for ap in aps) + " |")


def cost_table(program, models, shared, step):
    """Processor time per picture, the models in turns; what reading a picture costs is in all of them."""
    files = [p["key"] for p in pictures_of(shared, FOLDERS[0], step)[:TIMED_PICTURES]]

    def used():
        of = resource.getrusage(resource.RUSAGE_CHILDREN)
        return of.ru_utime + of.ru_stime

    best = {}
    for turn in range(TIMED_ROUNDS):
        for model in models:
            progress(f"cost: turn {turn + 1} of {TIMED_ROUNDS}, {model.name}")
            times = []
            for batch in (files, files[:1]):  # the difference leaves out the program's start
                before = used()
                program.detect(model, batch)
                times.append(used() - before)
            ms = 1e3 * (times[0] - times[1]) / max(len(files) - 1, 1)
            best[model.name] = min(ms, best.get(model.name, ms))
    base = best.get("yolox_nano_416")
    print("\nProcessor time of one picture, read from its JPEG\n\n| | ms | in parts of yolox_nano_416 |\n|---|---|---|")
    for name, ms in best.items():
        print(f"| {name} | {ms:.1f} | {'-' if not base else f'{ms / base:.2f}'} |")


def config_for(model, folder):
    rules = "".join(
        f'[[rule]]\nid = "{kind}"\ncameras = ["cam"]\nsignal = "{kind}"\n{kind} = {{ zone = "all"{MORE.get(kind, "")} }}\n'
        for kind in EVENT_KINDS
        if kind not in score.FIRE_SMOKE or kind in model.knows
    )
    file = folder / f"{model.name}.toml"
    file.write_text(
        f'[site]\nbox = "bench"\narea = "530127"\nlanguage = "en"\nmode = "test"\n[detector]\nmodel = "{model.name}"\n'
        '[[camera]]\nid = "cam"\neye = "village"\nurl = "rtsp://127.0.0.1/none"\ngrid = "53012700300102"\n'
        f"analysis_fps = {LOOKS_PER_SECOND}\n"
        '[[camera.zone]]\nid = "all"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n' + rules
    )
    return file


def told_in(program, config, clip):
    """Kinds that are told in a clip, each with how often; and the seconds that were looked at."""
    out, talk = program.run("replay", "--config", config, clip)
    told = {}
    for line in out.splitlines():
        alert = json.loads(line)["data"]
        if alert["phase"] == "new":
            told[alert["kind"]] = told.get(alert["kind"], 0) + 1
    return told, int(re.search(r"looked at (\d+) frames", talk)[1]) / LOOKS_PER_SECOND


def event_table(program, models, shared, step):
    """Recall per clip in which a kind happens, and false alarms per hour of those in which it does not."""
    clips = []
    for name in TRUTHS:
        clips += json.loads((REPO / "tests/truth" / f"{name}.json").read_text())["clips"][::step]
    print("\nWhat the rules tell with their defaults: clips in which it happens, and alerts in the others\n")
    print("| | kind | told | of clips in which it happens | false alarms | in hours without |\n|---|---|---|---|---|---|")
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            config = config_for(model, Path(folder))
            told = []
            for number, clip in enumerate(clips):
                progress(f"{model.name}: clip {number} of {len(clips)}")
                told.append(told_in(program, config, shared / "videos" / clip["file"]))
        for kind in EVENT_KINDS:
            if kind in score.FIRE_SMOKE and kind not in model.knows:
                continue
            happens = [any(e["kind"] == kind for e in clip["events"]) for clip in clips]
            hits = sum(kind in t for (t, _), h in zip(told, happens) if h)
            false = sum(t.get(kind, 0) for (t, _), h in zip(told, happens) if not h)
            hours = sum(seconds for (_, seconds), h in zip(told, happens) if not h) / 3600
            print(f"| {model.name} | {kind} | {hits} | {sum(happens)} | {false} | {hours:.3f} |")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--lookout", type=Path, required=True)
    p.add_argument("--shared", type=Path, required=True)
    p.add_argument("--cache", type=Path, required=True)
    p.add_argument("--quick", action="store_true", help="every tenth picture and clip")
    p.add_argument("--fresh", action="store_true", help="forget what was found before")
    args = p.parse_args()
    program, step, shared = Program(args.lookout), 10 if args.quick else 1, args.shared.resolve()
    args.cache.mkdir(parents=True, exist_ok=True)
    if args.fresh:
        for kept in args.cache.glob("*.json"):
            kept.unlink()
    own, public = REPO / "models/manifest.toml", REPO / "tests/data/detector/public-models.toml"
    ours = [Model(*model, own) for model in models_of(own)]
    theirs = [Model(*model, public, shared / "models") for model in models_of(public)]
    picture_tables(program, ours + theirs, shared, step, args.cache)
    cost_table(program, ours + theirs, shared, step)
    event_table(program, ours, shared, step)
    progress("")


if __name__ == "__main__":
    main()
