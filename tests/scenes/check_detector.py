"""How much of the ground truth a YOLOX model finds: python check_detector.py MODEL.onnx CLIP.mp4 [--save FOLDER]

Letterbox top left with 114, BGR 0..255, strides 8/16/32. A box is found when a detection of its class
with a score of at least 0.4 overlaps it with an IoU of at least 0.5.
"""

import argparse
import collections
import json
import os

import cv2
import numpy as np
import onnxruntime

CLASSES = {0: "person", 1: "two_wheeler", 3: "two_wheeler", 2: "car", 5: "bus", 7: "truck"}
COLOURS = {"person": (60, 220, 60), "car": (255, 140, 40), "two_wheeler": (40, 200, 255), "truck": (200, 80, 255), "bus": (80, 80, 255)}


class Yolox:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.side = self.session.get_inputs()[0].shape[2]
        cells, strides = [], []
        for stride in (8, 16, 32):
            n = self.side // stride
            y, x = np.mgrid[0:n, 0:n]
            cells.append(np.stack([x.ravel(), y.ravel()], 1))
            strides.append(np.full(n * n, stride))
        self.cells, self.strides = np.concatenate(cells), np.concatenate(strides)[:, None]

    def __call__(self, bgr, least=0.25):
        """[(class, score, box 0..1)]"""
        h, w = bgr.shape[:2]
        scale = self.side / max(h, w)
        canvas = np.full((self.side, self.side, 3), 114, np.uint8)
        small = cv2.resize(bgr, (round(w * scale), round(h * scale)))
        canvas[: small.shape[0], : small.shape[1]] = small
        raw = self.session.run(None, {self.session.get_inputs()[0].name: canvas.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
        middle, extent = (raw[:, :2] + self.cells) * self.strides, np.exp(raw[:, 2:4]) * self.strides
        boxes = np.concatenate([middle - extent / 2, middle + extent / 2], 1) / scale / np.array([w, h, w, h])
        scores = raw[:, 4:5] * raw[:, 5:]
        found = []
        for index, name in CLASSES.items():
            for k in np.flatnonzero(scores[:, index] >= least):
                found.append((name, float(scores[k, index]), np.clip(boxes[k], 0, 1)))
        found.sort(key=lambda d: -d[1])
        kept = []
        for d in found:
            if all(d[0] != k[0] or iou(d[2], k[2]) < 0.5 for k in kept):
                kept.append(d)
        return kept


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def drawn(picture, detections):
    picture = picture.copy()
    h, w = picture.shape[:2]
    for name, score, b in detections:
        p, q = (int(b[0] * w), int(b[1] * h)), (int(b[2] * w), int(b[3] * h))
        cv2.rectangle(picture, p, q, COLOURS[name], 1)
        cv2.putText(picture, f"{name} {score:.2f}", (p[0], max(9, p[1] - 2)), cv2.FONT_HERSHEY_SIMPLEX, 0.35, COLOURS[name], 1, cv2.LINE_AA)
    return picture


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("clip")
    parser.add_argument("--score", type=float, default=0.4)
    parser.add_argument("--save", help="save every tenth frame with the detections drawn")
    args = parser.parse_args()
    detect = Yolox(args.model)
    with open(os.path.splitext(args.clip)[0] + ".json") as f:
        truth = json.load(f)
    video = cv2.VideoCapture(args.clip)
    total, found, false = collections.Counter(), collections.Counter(), collections.Counter()
    by_id = collections.defaultdict(list)
    for number, frame in enumerate(truth["frames"]):
        ok, picture = video.read()
        if not ok:
            break
        detections = [d for d in detect(picture) if d[1] >= args.score]
        used = set()
        for box in frame["boxes"]:
            if box["class"] not in CLASSES.values():
                continue
            total[box["class"]] += 1
            best = max(((iou(box["box"], d[2]), i) for i, d in enumerate(detections) if d[0] == box["class"]), default=(0, None))
            by_id[box["class"], box["id"]].append(best[0] >= 0.5)
            if best[0] >= 0.5:
                found[box["class"]] += 1
                used.add(best[1])
        for i, d in enumerate(detections):
            if i not in used and all(iou(d[2], b["box"]) < 0.5 for b in frame["boxes"]):
                false[d[0]] += 1
        if args.save and number % 10 == 0:
            os.makedirs(args.save, exist_ok=True)
            cv2.imwrite(os.path.join(args.save, f"{number:04d}.png"), drawn(picture, detections))
    for name in sorted(total):
        print(f"{name}: {found[name]} of {total[name]} boxes found ({found[name] / total[name]:.1%})")
    for (name, thing), hits in sorted(by_id.items()):
        print(f"  {name} {thing}: {np.mean(hits):.1%} of {len(hits)}")
    print("detections that match no box:", dict(false))


if __name__ == "__main__":
    main()
