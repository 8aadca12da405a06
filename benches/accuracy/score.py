"""Average precision at IoU 0.5 by class. No library: the machine that runs Lookout has none.

Boxes that the labels call uncertain are ignored: a detection that fits one is neither right nor wrong. Fire and smoke
count only in pictures in which people searched for them.
"""

from bisect import bisect_left

MATCH_IOU = 0.5
CERTAIN_SCORE = 0.40
FIRE_SMOKE = ("fire", "smoke")
# Points of a drawn curve.
CURVE_STEPS = 50


def iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    inter = width * height
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


def match(pictures, found, name, people_only=False):
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
    return ranked(judged), labels


def ranked(judged):
    return sorted(judged, key=lambda j: -j[0])


def together(parts):
    """The same of several sets of pictures as one."""
    return ranked(j for judged, _ in parts for j in judged), sum(labels for _, labels in parts)


def recall_precision(judged, labels):
    """Recall and precision after each detection, best first."""
    right, points = 0, []
    for seen, (_, is_right) in enumerate(judged, 1):
        right += is_right
        points.append((right / labels, right / seen))
    return points


def envelope(points):
    """The same with the precision made monotonous, from the right end to the left."""
    best, made = 0.0, []
    for recall, precision in reversed(points):
        best = max(best, precision)
        made.append((recall, best))
    return made


def ap50(judged, labels):
    """Area under the interpolated precision-recall curve; None without labels."""
    if labels == 0:
        return None
    area, right = 0.0, None
    for recall, best in envelope(recall_precision(judged, labels)):
        if right is not None:
            area += (right[0] - recall) * right[1]
        right = (recall, best)
    return area + right[0] * right[1] if right else 0.0


def curve(judged, labels):
    """Few points of the interpolated curve, for a picture."""
    made = envelope(recall_precision(judged, labels))[::-1]
    recalls = [recall for recall, _ in made]
    steps = [step / CURVE_STEPS for step in range(CURVE_STEPS + 1)]
    return [(step, made[bisect_left(recalls, step)][1]) for step in steps if recalls and step <= recalls[-1]]


def at_threshold(judged, labels, threshold):
    """Recall and precision of what scores at least that; None where nothing does."""
    points = recall_precision([j for j in judged if j[0] >= threshold], labels)
    return points[-1] if points else None
