"""Labels again what models labelled, with the stronger teacher of `teacher.py`.

    python relabel.py --data FOLDER... --out FOLDER [--processes 2]

Writes OUT/<folder>/labels.jsonl and a link OUT/<folder>/images to the pictures. Boxes by people stay as they are; boxes
by models in pictures of `train` are replaced; lines of `val` stay as they are, byte by byte, so that measures compare.

What the detectors found is kept in OUT/<folder>/found-<digest of teacher.py>, a file per hundred pictures: a run that
was stopped goes on there, and one with other rules takes seconds.
"""

import argparse
import gzip
import hashlib
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

import metrics
import teacher
from data import CERTAIN_SCORE
from net import CLASSES

CHUNK = 100
UNCERTAIN_SCORE = 0.25
# Of what a rule makes uncertain, however sure the teacher is.
MOST_UNCERTAIN = 0.39
# Fused scores from here on are kept: below `UNCERTAIN_SCORE` as uncertain, because one of two detectors that see
# nothing halves the score, and what one of them saw should not be taught as background.
FUSED_LEAST = 0.15
# So that a fused score of 0.40 agrees with people's labels, class by class (measured on people's labels of `val`).
SHIFT = {"car": 0.10, "bus": -0.10, "truck": -0.10}
VEHICLES = {"car", "bus", "truck"}
FACE_LEAST_PX = 6
# CenterFace's score and its IoU with YuNet's box, from which it confirms a face. In the product it looks from 0.2 on.
CONFIRM_SCORE, CONFIRM_IOU = 0.2, 0.3
SAME_IOU = 0.5
# From this share of a model's box on it lies on people's fire, or inside a larger box of the same class by people.
ON_FIRE, INSIDE = 0.5, 0.8
# From this share on it is part of a likelier box by the teacher.
PART = 0.9
# False colours: the teacher knows nothing of them.
NOT_LOOKED_AT = {"thermal"}
# Classes of which people labelled all that they saw, pool by pool (READMEs of the data).
PEOPLE_LABELLED = {
    "gayoung": {"person"},
    "openimages": {"car", "bus", "truck", "two_wheeler"},
    "atl": {"car", "truck", "bus", "two_wheeler"},
    "modes": {"two_wheeler", "car", "bus"},
    "trapedesveh": {"person"},
    "cctvperson": {"person"},
    "clinic": {"person"},
    "highview": {"person"},
    "masks": {"face"},
}
# Three-wheelers and vans that people drew under a name that is none of our classes: they stand as uncertain cars of
# exactly this score, `by: "model"`, and stay.
DRAWN_AS_UNCERTAIN = ("indoroad", "car", 0.3)


def relabel(row, found):
    """The row with what the teacher found in place of the boxes by models."""
    width, height = row["size"]
    pixels = np.array([width, height, width, height])
    kept = [b for b in row["boxes"]
            if b["by"] == "person" or (row["pool"], b["class"], b["score"]) == DRAWN_AS_UNCERTAIN]
    structure = _structure(row["pool"], kept, found, pixels)
    persons = [b["box"] for b in kept + structure if b["class"] == "person"]
    new = structure + _faces(row["pool"], persons, found, pixels)
    # A label that is there already, and what lies on fire, is no news.
    new = [b for b in new if not _known(b, kept)]
    return {**row, "boxes": kept + new}


def _structure(pool, kept, found, pixels):
    boxes = []
    for box, score, c in zip(*teacher.fuse([_arrays(found["centernet"]), _arrays(found["yolox"])])):
        name = CLASSES[c]
        if score < FUSED_LEAST:
            continue
        certainty = max(score + SHIFT.get(name, 0), UNCERTAIN_SCORE)
        if name in PEOPLE_LABELLED.get(pool, ()) or _inside_own_class(box / pixels, name, kept):
            certainty = min(certainty, MOST_UNCERTAIN)
        boxes.append(_entry(box / pixels, name, certainty))
    # Two names for one vehicle, or half a person in the box of the whole: the less likely is no label.
    boxes.sort(key=lambda b: -b["score"])
    for i, weaker in enumerate(boxes):
        vehicles = [b["box"] for b in boxes[:i] if weaker["class"] in VEHICLES and b["class"] in VEHICLES]
        same = [b["box"] for b in boxes[:i] if b["class"] == weaker["class"]]
        if _most(_iou(weaker["box"], vehicles)) >= SAME_IOU or _most(_share_in(weaker["box"], same)) >= PART:
            weaker["score"] = min(weaker["score"], MOST_UNCERTAIN)
    return boxes


def _faces(pool, persons, found, pixels):
    boxes, (second, second_scores, _) = [], _arrays(found["centerface"])
    second = second[second_scores >= CONFIRM_SCORE]
    for box, score, _ in zip(*_arrays(found["yunet"])):
        if score < UNCERTAIN_SCORE:
            continue
        certain = (
            score >= teacher.FACE_SCORE
            and "face" not in PEOPLE_LABELLED.get(pool, ())
            and min(box[2:] - box[:2]) >= FACE_LEAST_PX
            and _most(metrics.iou_matrix(box[None], second)[0]) >= CONFIRM_IOU
            and any(_in_upper_half(box / pixels, person) for person in persons)
        )
        boxes.append(_entry(box / pixels, "face", score if certain else min(score, MOST_UNCERTAIN)))
    return boxes


def _in_upper_half(face, person):
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    return person[0] <= x <= person[2] and person[1] <= y <= (person[1] + person[3]) / 2


def _known(box, kept):
    """Whether people drew this thing, under its name or as another vehicle, or it lies on fire that they drew."""
    same = VEHICLES if box["class"] in VEHICLES else {box["class"]}
    rivals = [b["box"] for b in kept if b["class"] in same]
    fires = [b["box"] for b in kept if b["class"] == "fire"]
    return _most(_iou(box["box"], rivals)) >= SAME_IOU or _most(_share_in(box["box"], fires)) >= ON_FIRE


def _inside_own_class(box, name, kept):
    """Whether people drew a larger box around it: the rider with the machine, or a group."""
    return _most(_share_in(box, [b["box"] for b in kept if b["class"] == name])) >= INSIDE


def _iou(box, others):
    # In thousandths of the picture: the measure adds a tiny area.
    return metrics.iou_matrix(np.array([box]) * 1000, np.array(others).reshape(-1, 4) * 1000)[0]


def _share_in(box, others):
    """Which share of the box lies in each of the others."""
    box, others = np.array(box), np.array(others).reshape(-1, 4)
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    return sides.clip(0).prod(1) / max((box[2:] - box[:2]).prod(), 1e-12)


def _most(values):
    return max(values, default=0.0)


def _entry(box, name, score):
    return {"box": [round(float(v), 4) for v in box], "class": name, "score": round(float(score), 3), "by": "model"}


def _arrays(entries):
    """Boxes, scores and classes of one detector's entries in the file of findings."""
    boxes = np.array([e[:4] for e in entries]).reshape(-1, 4)
    return boxes, np.array([e[4] for e in entries]), np.array([CLASSES.index(e[5]) for e in entries], int)


def write(lines, rows, found, folder, out):
    """The new label file, and the link to the pictures."""
    new = [
        (json.dumps(relabel(row, found[row["image"]])) + "\n").encode() if row["image"] in found else line
        for line, row in zip(lines, rows, strict=True)
    ]
    file, images = out / "labels.jsonl", out / "images"
    part = file.with_suffix(".part")
    part.write_bytes(b"".join(new))
    os.replace(part, file)
    if not images.exists():
        images.symlink_to(folder / "images")
    before, after = _count(rows), _count([json.loads(line) for line in new])
    print(f"\n{folder.name}, labels in train (uncertain)\n")
    print("| | " + " | ".join(CLASSES) + " |\n|---|" + "---|" * len(CLASSES))
    for title, count in (("before", before), ("after", after)):
        print(f"| {title} | " + " | ".join(f"{count[c, True]} ({count[c, False]})" for c in CLASSES) + " |")


def _count(rows):
    return Counter((b["class"], b["score"] >= CERTAIN_SCORE) for r in rows if r["split"] == "train" for b in r["boxes"])


def look(job):
    """Writes what the teacher finds in a chunk of pictures.

    `{image: {detector: [[x0, y0, x1, y1, score, class]...]}}`, boxes in pixels of the picture.
    """
    images, folder, file, public = job
    teaching = _teacher(public)
    found = {}
    for image in images:
        picture = cv2.imread(str(folder / "images" / image))
        if picture is None:
            sys.exit(f"error: {folder / 'images' / image} cannot be read as a picture")
        seen = teaching.look(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        found[image] = {
            name: [[*np.round(box, 2).tolist(), round(float(score), 4), CLASSES[c]] for box, score, c in zip(*parts)]
            for name, parts in seen.items()
        }
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(gzip.compress(json.dumps(found).encode()))
    os.replace(part, file)
    return len(images)


_ONE = {}


def _teacher(public):
    """One teacher per process."""
    if not _ONE:
        cv2.setNumThreads(1)
        _ONE["teacher"] = teacher.Teacher(public)
    return _ONE["teacher"]


def look_at_all(rows, folder, out, public, processes):
    """Findings of all pictures of `train`, from the files that are there and by looking at the rest."""
    images = [row["image"] for row in rows if row["split"] == "train" and row["pool"] not in NOT_LOOKED_AT]
    store = out / f"found-{hashlib.sha256(Path(teacher.__file__).read_bytes()).hexdigest()[:8]}"
    store.mkdir(parents=True, exist_ok=True)
    chunks = [images[at : at + CHUNK] for at in range(0, len(images), CHUNK)]
    files = [store / f"{at:04}.json.gz" for at in range(len(chunks))]
    left = [(c, folder, file, public) for c, file in zip(chunks, files) if not file.exists()]
    total, done, begin = sum(len(job[0]) for job in left), 0, time.monotonic()
    if left:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            for count in pool.imap_unordered(look, left):
                done += count
                seconds = (time.monotonic() - begin) / done * (total - done)
                print(f"{folder.name}: {done} of {total} pictures, {seconds / 60:.1f} minutes left", flush=True)
    found = {}
    for file in files:
        found.update(json.loads(gzip.decompress(file.read_bytes())))
    if missing := set(images) - set(found):
        sys.exit(f"error: {store} is of other pictures ({len(missing)} are missing)\n  hint: delete that folder")
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    shared = Path(__file__).resolve().parents[2].parent / "shared"
    p.add_argument("--data", type=Path, nargs="+", default=[shared / "train", shared / "train2"])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--public", type=Path, default=shared / "models",
                   help="folder of yolox_nano_416.onnx and yunet_n_dynamic.onnx")
    p.add_argument("--processes", type=int, default=2)
    args = p.parse_args()
    teacher.fetch()
    for folder in args.data:
        folder, out = folder.resolve(), args.out / folder.name
        lines = (folder / "labels.jsonl").read_bytes().splitlines(keepends=True)
        rows = [json.loads(line) for line in lines]
        found = look_at_all(rows, folder, out, args.public, args.processes)
        write(lines, rows, found, folder, out)


if __name__ == "__main__":
    main()
