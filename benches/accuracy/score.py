"""Average precision at IoU 0.5 by class. No library: the machine that runs Lookout has none.

Boxes that the labels call uncertain are ignored: a detection that fits one is neither right nor wrong. Fire and smoke
count only in pictures in which people searched for them.
"""

MATCH_IOU = 0.5
CERTAIN_SCORE = 0.40
FIRE_SMOKE = ("fire", "smoke")


def iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    inter = width * height
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


def match(pictures, found, name, people_only):
    """Scores with whether each is right, best first, and how many labels there are.

    `found` holds the detections of each picture: (class, score, box). With `people_only` what models labelled is ignored,
    and so are pictures in which people labelled nothing of that class.
    """
    judged, labels = [], 0
    for picture in pictures:
        if name in FIRE_SMOKE and not picture["fire_smoke_complete"]:
            continue
        mine = [b for b in picture["boxes"] if b["class"] == name]
        certain = [b for b in mine if b["score"] >= CERTAIN_SCORE and (not people_only or b["by"] == "person")]
        if people_only and not certain:
            continue
        truth = [b["box"] for b in certain]
        doubtful = [b["box"] for b in mine if b not in certain]
        labels += len(truth)
        free = [True] * len(truth)
        for _, score, box in sorted((d for d in found[picture["key"]] if d[0] == name), key=lambda d: -d[1]):
            fits = [iou(box, t) if free[i] else 0.0 for i, t in enumerate(truth)]
            best = max(fits, default=0.0)
            if best >= MATCH_IOU:
                free[fits.index(best)] = False
                judged.append((score, True))
            elif max((iou(box, d) for d in doubtful), default=0.0) < MATCH_IOU:
                judged.append((score, False))
    return sorted(judged, key=lambda j: -j[0]), labels


def ap50(judged, labels):
    """Area under the interpolated precision-recall curve; None without labels."""
    if labels == 0:
        return None
    right, curve = 0, []
    for seen, (_, is_right) in enumerate(judged, 1):
        right += is_right
        curve.append((right / labels, right / seen))
    area, envelope, before = 0.0, 0.0, None
    for recall, precision in reversed(curve):
        if before is not None:
            area += (before - recall) * envelope
        envelope, before = max(envelope, precision), recall
    return area + (before * envelope if before is not None else 0.0)
