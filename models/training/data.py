"""Pictures and labels: one decoded cache, and the augmentation that makes few pictures many.

All pictures are decoded once into one flat uint8 file (RGB), so that training spends its
cores on the network. The cache lives outside the repository and is made again when the
label file changes.
"""

import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from net import CLASSES, INPUT_H, INPUT_W

PAD = 114
CERTAIN_SCORE = 0.40

# How much more often a picture is drawn when it holds the class (the largest factor counts).
DRAW_FACTOR = {
    "person": 1.0, "face": 1.5, "two_wheeler": 2.2, "car": 1.0,
    "bus": 2.6, "truck": 2.0, "fire": 4.0, "smoke": 4.0,
}
DRAW_FACTOR_EMPTY = 0.6


@dataclass
class Sample:
    """One labelled picture. `boxes [n, 4]` are x0, y0, x1, y1 in pixels of the picture."""

    name: str
    folder: str
    pool: str
    split: str
    searched: bool  # people labelled fire and smoke here
    boxes: np.ndarray
    classes: np.ndarray
    certain: np.ndarray
    by_people: np.ndarray
    offset: int = 0
    height: int = 0
    width: int = 0


class Pictures:
    """The samples of one or several data folders and their decoded pixels."""

    def __init__(self, folders, cache):
        folders, cache = [Path(folder) for folder in folders], Path(cache).expanduser()
        texts = [(folder / "labels.jsonl").read_bytes() for folder in folders]
        key = hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]
        pixels, index = cache / f"pixels-{key}.bin", cache / f"pixels-{key}.json"
        rows = [(folder, json.loads(line)) for folder, text in zip(folders, texts) for line in text.splitlines()]
        if not index.exists():
            _decode_all(rows, pixels, index)
        places = json.loads(index.read_text())
        self.samples = [_sample(row, folder.name, place) for (folder, row), place in zip(rows, places, strict=True)]
        self._pixels_path = pixels
        self._pixels = None

    def split(self, name):
        return [s for s in self.samples if s.split == name]

    def pixels(self, sample):
        """RGB `[h, w, 3]`, read-only."""
        if self._pixels is None:  # opened per process: loader workers map the file themselves
            self._pixels = np.memmap(self._pixels_path, np.uint8, "r")
        size = sample.height * sample.width * 3
        flat = self._pixels[sample.offset : sample.offset + size]
        return np.asarray(flat).reshape(sample.height, sample.width, 3)


def _decode_all(rows, pixels, index):
    pixels.parent.mkdir(parents=True, exist_ok=True)
    places, offset = [], 0
    with open(pixels, "wb") as out:
        for folder, row in rows:
            picture = cv2.cvtColor(cv2.imread(str(folder / "images" / row["image"])), cv2.COLOR_BGR2RGB)
            places.append((offset, *picture.shape[:2]))
            offset += picture.size
            out.write(picture.tobytes())
    unfinished = index.with_suffix(".tmp")
    unfinished.write_text(json.dumps(places))
    os.replace(unfinished, index)


def _sample(row, folder, place):
    offset, height, width = place
    boxes = np.array([b["box"] for b in row["boxes"]], np.float32).reshape(-1, 4)
    return Sample(
        name=row["image"],
        folder=folder,
        pool=row["pool"],
        split=row["split"],
        searched=row["fire_smoke_complete"],
        boxes=boxes * np.array([width, height, width, height], np.float32),
        classes=np.array([CLASSES.index(b["class"]) for b in row["boxes"]], np.int64),
        certain=np.array([b["score"] >= CERTAIN_SCORE for b in row["boxes"]], bool),
        by_people=np.array([b["by"] == "person" for b in row["boxes"]], bool),
        offset=offset,
        height=height,
        width=width,
    )


def letterbox(picture, width=INPUT_W, height=INPUT_H):
    """Fits a picture into `width` x `height` at the top left, padded with grey.

    Returns the canvas and the scale, so that `box_in_model = box_in_picture * scale`.
    """
    scale = min(width / picture.shape[1], height / picture.shape[0])
    new = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    canvas = np.full((height, width, 3), PAD, np.uint8)
    canvas[: new[1], : new[0]] = cv2.resize(picture, new, interpolation=cv2.INTER_LINEAR)
    return canvas, scale


def draw_weights(samples):
    weights = []
    for s in samples:
        present = {CLASSES[c] for c in s.classes[s.certain]}
        weights.append(max((DRAW_FACTOR[c] for c in present), default=DRAW_FACTOR_EMPTY))
    return np.array(weights) / np.sum(weights)


class Augmented(torch.utils.data.Dataset):
    """Random views of the training pictures. Item `i` depends only on the seed and on `i`.

    While `calm` is set: no mosaics and mild colours, so that training ends on pictures that
    look like those of a camera.
    """

    def __init__(self, pictures, samples, seed, first=0, size=(INPUT_W, INPUT_H)):
        self.pictures, self.samples, self.seed, self.first = pictures, samples, seed, first
        self.cumulative = np.cumsum(draw_weights(samples))
        self.width, self.height = size
        self.calm = False

    def __len__(self):
        return 1 << 40

    def __getitem__(self, i):
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self.seed, self.first + i))
        if not self.calm and rng.random() < 1 / 3:
            canvas, labels = self._mosaic(rng)
        else:
            canvas, labels = self._single(rng, self.calm)
        if rng.random() < 0.5:
            canvas = canvas[:, ::-1]
            labels["boxes"][:, [0, 2]] = self.width - labels["boxes"][:, [2, 0]]
        canvas = disturb(canvas, rng, 0.5 if self.calm else 1.0)
        return np.ascontiguousarray(canvas), labels

    def _draw(self, rng):
        at = min(int(np.searchsorted(self.cumulative, rng.random())), len(self.samples) - 1)
        return self.samples[at]

    def _single(self, rng, calm):
        sample = self._draw(rng)
        fit = min(self.width / sample.width, self.height / sample.height)
        # Most views are enlarged: the daemon feeds crops of moving regions, too.
        zoom = 1.0 if rng.random() < (0.35 if calm else 0.1) else _log_uniform(rng, 0.7, 2.2)
        focus = None
        if len(sample.boxes) and rng.random() < 0.6:
            focus = _pick_focus(sample, rng)
            side = float(np.max(sample.boxes[focus, 2:] - sample.boxes[focus, :2])) * fit
            small = CLASSES[sample.classes[focus]] == "face" and side < 20
            if small and rng.random() < 0.5:
                # A closer look at a small face.
                zoom = min(_log_uniform(rng, 16, 40) / max(side, 1), 3.0)
        canvas = np.full((self.height, self.width, 3), PAD, np.uint8)
        labels = self._paste(canvas, (0, 0, self.width, self.height), sample, fit * zoom, focus, rng, calm)
        return canvas, labels

    def _mosaic(self, rng):
        canvas = np.full((self.height, self.width, 3), PAD, np.uint8)
        x = int(rng.uniform(0.35, 0.65) * self.width)
        y = int(rng.uniform(0.35, 0.65) * self.height)
        parts = []
        for cell in ((0, 0, x, y), (x, 0, self.width, y), (0, y, x, self.height), (x, y, self.width, self.height)):
            sample = self._draw(rng)
            fit = min(self.width / sample.width, self.height / sample.height)
            focus = _pick_focus(sample, rng) if len(sample.boxes) and rng.random() < 0.7 else None
            parts.append(self._paste(canvas, cell, sample, fit * _log_uniform(rng, 0.5, 1.4), focus, rng, False))
        labels = {key: np.concatenate([p[key] for p in parts]) for key in ("boxes", "classes", "certain")}
        # One unsearched part makes the negatives of the whole canvas uncertain.
        labels["searched"] = all(p["searched"] for p in parts)
        return canvas, labels

    def _paste(self, canvas, cell, sample, scale, focus, rng, calm):
        """Draws the picture into a cell of the canvas and returns the labels that remain."""
        x0, y0, x1, y1 = cell
        stretch = math.exp(rng.uniform(-0.14, 0.14)) if not calm else 1.0
        sx, sy = scale * stretch, scale / stretch
        dx = _place(sample.width * sx, x1 - x0, rng, _span(sample, focus, 0, sx))
        dy = _place(sample.height * sy, y1 - y0, rng, _span(sample, focus, 1, sy))
        matrix = np.array([[sx, 0, dx], [0, sy, dy]], np.float32)
        canvas[y0:y1, x0:x1] = cv2.warpAffine(
            self.pictures.pixels(sample), matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(PAD, PAD, PAD),
        )
        boxes = sample.boxes * np.array([sx, sy, sx, sy], np.float32) + np.array([dx, dy, dx, dy], np.float32)
        clipped = boxes.copy()
        clipped[:, 0::2] = clipped[:, 0::2].clip(0, x1 - x0) + x0
        clipped[:, 1::2] = clipped[:, 1::2].clip(0, y1 - y0) + y0
        sides = clipped[:, 2:] - clipped[:, :2]
        visible = sides.prod(1) / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-3)
        # Shapeless things stay what they are when cut; of the rest a third must be left.
        shapeless = sample.classes >= CLASSES.index("fire")
        enough = visible > np.where(shapeless, 0.15, 0.35)
        keep = (visible > 0.02) & (sides.min(1, initial=1e9) > 1.0)
        certain = sample.certain & enough & (sides.max(1, initial=0) >= 4.0)
        return {
            "boxes": clipped[keep],
            "classes": sample.classes[keep],
            "certain": certain[keep],
            "searched": sample.searched,
        }


def _pick_focus(sample, rng):
    """A box to keep in view, rare classes first."""
    rarity = np.array([DRAW_FACTOR[CLASSES[c]] ** 2 for c in sample.classes]) * (0.2 + sample.certain)
    return int(rng.choice(len(rarity), p=rarity / rarity.sum()))


def _span(sample, focus, axis, scale):
    if focus is None:
        return None
    return sample.boxes[focus, axis] * scale, sample.boxes[focus, axis + 2] * scale


def _place(size, room, rng, span):
    """Offset of a picture of `size` in `room`, with `span` of the picture in view if asked."""
    low, high = min(0.0, room - size), max(0.0, room - size)
    if span is not None and size > room:
        a, b = sorted((-span[0], room - span[1]))
        low, high = min(max(low, a), high), max(min(high, b), low)
    return rng.uniform(low, high) if high > low else low


def _log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


_NOISE = np.random.default_rng(7).standard_normal((600, 600, 3)).astype(np.float32)
_LEVELS = np.arange(256, dtype=np.float32)


def disturb(picture, rng, strength):
    """What cameras do to a picture: exposure, colour, darkness, rain, blur, noise, compression."""
    gains = np.exp(rng.normal(0, 0.08 * strength, 3)) * math.exp(rng.normal(0, 0.18 * strength))
    gamma = math.exp(rng.normal(0, 0.18 * strength))
    lift = rng.normal(0, 12 * strength)
    noise = abs(rng.normal(0, 5)) if rng.random() < 0.3 * strength else 0.0
    grey = rng.random() < 0.08 * strength
    if rng.random() < 0.12 * strength:  # night: dark, pale, noisy
        gamma *= rng.uniform(1.3, 2.2)
        gains = gains * rng.uniform(0.45, 0.85)
        noise += rng.uniform(3, 14)
        grey = grey or rng.random() < 0.5
    table = (_LEVELS[:, None] / 255) ** gamma * 255 * gains + lift
    table = table.clip(0, 255).astype(np.uint8)[None]
    picture = cv2.LUT(np.ascontiguousarray(picture), table)
    if grey:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    elif rng.random() < 0.3 * strength:
        flat = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        amount = rng.uniform(0.5, 1.5)
        picture = cv2.addWeighted(picture, amount, flat, 1 - amount, 0)
    if rng.random() < 0.04 * strength:
        picture = _rain(picture, rng)
    if rng.random() < 0.10 * strength:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.4))
    if noise:
        h, w = picture.shape[:2]
        y, x = rng.integers(0, 600 - h), rng.integers(0, 600 - w)
        picture = np.clip(picture + noise * _NOISE[y : y + h, x : x + w], 0, 255).astype(np.uint8)
    if rng.random() < 0.25 * strength:
        quality = int(rng.uniform(15, 70))
        picture = cv2.imdecode(
            cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
        )
    return picture


def _rain(picture, rng):
    """Slanted bright streaks."""
    h, w = picture.shape[:2]
    layer = np.zeros((h, w), np.uint8)
    slant = rng.uniform(-0.4, 0.4)
    for _ in range(int(rng.uniform(30, 150))):
        x, y, length = int(rng.integers(0, w)), int(rng.integers(0, h)), rng.uniform(6, 28)
        cv2.line(layer, (x, y), (int(x + slant * length), int(y + length)), int(rng.uniform(80, 200)), 1)
    layer = cv2.GaussianBlur(layer, (3, 3), 0)
    return cv2.addWeighted(picture, 1.0, cv2.cvtColor(layer, cv2.COLOR_GRAY2RGB), 0.4, 0)


def collate(batch):
    """Pictures as uint8 `[B, 3, H, W]` (channels last in memory) and concatenated targets."""
    pictures = torch.from_numpy(np.stack([picture for picture, _ in batch])).permute(0, 3, 1, 2)
    labels = [labels for _, labels in batch]
    image = np.concatenate([np.full(len(l["boxes"]), i) for i, l in enumerate(labels)])
    return {
        "pictures": pictures,
        "boxes": torch.from_numpy(np.concatenate([l["boxes"] for l in labels]).astype(np.float32)),
        "classes": torch.from_numpy(np.concatenate([l["classes"] for l in labels])),
        "image": torch.from_numpy(image).long(),
        "certain": torch.from_numpy(np.concatenate([l["certain"] for l in labels])),
        "searched": torch.tensor([l["searched"] for l in labels]),
    }
