"""What the Python systems share: the model as its manifest describes it, and the same two rules in a few lines.

The detections of this decoder were compared with those of `lookout detect` (README).
"""

import numpy as np

WIDTH, HEIGHT = 416, 256
PERSON = 0
SURE = 0.25
NMS_IOU = 0.6


def letterboxed(rgb):
    """(height, width, 3) to the network's input, top left, padded with 114."""
    import cv2

    height, width = rgb.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    resized = cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
    canvas = np.full((HEIGHT, WIDTH, 3), 114, np.uint8)
    canvas[: resized.shape[0], : resized.shape[1]] = resized
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None].astype(np.float32)), scale


def people(output, scale):
    """[(score, x0, y0, x1, y1)] in pixels of what was letterboxed."""
    rows = output[0]
    scores = rows[4:]
    sure = (scores.argmax(0) == PERSON) & (scores[PERSON] >= SURE)
    x, y, w, h = rows[:4, sure] / scale
    boxes = sorted(zip(scores[PERSON, sure], x - w / 2, y - h / 2, x + w / 2, y + h / 2), reverse=True)
    kept = []
    for box in boxes:
        if all(iou(box[1:], other[1:]) <= NMS_IOU for other in kept):
            kept.append(box)
    return kept


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


class Rules:
    """Somebody stays for so long; somebody's feet cross the line. One alert until five seconds without it."""

    def __init__(self, line_x, dwell_secs):
        self.line_x, self.dwell_secs = line_x, dwell_secs
        self.tracks, self.latest = [], {}

    def look(self, at, boxes):
        """Boxes in parts of the picture: (x0, y0, x1, y1). Gives the kinds that are told now."""
        told = []
        for box in boxes:
            x = (box[0] + box[2]) / 2
            near = [t for t in self.tracks if at - t["seen"] < 3 and abs(t["x"] - x) < 0.25]
            track = min(near, key=lambda t: abs(t["x"] - x), default=None)
            if track is None:
                track = {"since": at, "x": x}
                self.tracks.append(track)
            if (track["x"] - self.line_x) * (x - self.line_x) < 0:
                told.append("line_crossed")
            track["x"], track["seen"] = x, at
            if at - track["since"] >= self.dwell_secs:
                told.append("loitering")
        self.tracks = [t for t in self.tracks if at - t["seen"] < 3]
        new = [kind for kind in set(told) if at - self.latest.get(kind, -1e9) > 5]
        for kind in told:
            self.latest[kind] = at
        return new
