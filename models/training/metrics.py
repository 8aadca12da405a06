"""Suppression of double detections, and average precision at IoU 0.5.

Uncertain boxes are ignored: a detection that fits one is neither right nor wrong. Fire and
smoke are scored only in pictures in which people searched for them.
"""

import numpy as np

from net import CLASSES

SCORE_FLOOR = 0.01
NMS_IOU = 0.6
MATCH_IOU = 0.5
MOST_DETECTIONS = 300
FIRE_SMOKE = ("fire", "smoke")


def iou_matrix(a, b):
    """IoU of every box of `a [n, 4]` with every box of `b [m, 4]`."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = (bottom_right - top_left).clip(0).prod(2)
    area_a = (a[:, 2:] - a[:, :2]).clip(0).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).clip(0).prod(1)
    return inter / (area_a[:, None] + area_b[None] - inter + 1e-9)


def detections(boxes, scores):
    """Per class non-maximum suppression.

    `boxes [n, 4]` (x0, y0, x1, y1), or `[classes, n, 4]` where each class has its own; `scores [n, classes]`; returns
    boxes, scores, classes.
    """
    boxes = np.broadcast_to(boxes, (scores.shape[1], *boxes.shape[-2:]))
    found = []
    for c in range(scores.shape[1]):
        candidates = np.flatnonzero(scores[:, c] > SCORE_FLOOR)
        order = candidates[np.argsort(-scores[candidates, c], kind="stable")][:1000]
        iou = iou_matrix(boxes[c, order], boxes[c, order])
        alive = np.ones(len(order), bool)
        for i in range(len(order)):
            if alive[i]:
                alive[i + 1 :] &= iou[i, i + 1 :] <= NMS_IOU
        kept = order[alive]
        found.append((boxes[c, kept], scores[kept, c], np.full(len(kept), c)))
    b, s, k = (np.concatenate(parts) for parts in zip(*found))
    best = np.argsort(-s, kind="stable")[:MOST_DETECTIONS]
    return b[best], s[best], k[best]


def match(samples, results, c, people_only=False):
    """Compares detections of class `c` with the labels of all samples; with `people_only` what models labelled is
    neither right nor wrong, and pictures in which people labelled nothing of that class are left out.

    `results` holds one `(boxes, scores, classes)` per sample, in pixels of the picture.
    Returns scores, whether each is right (ignored ones are left out), and the label count.
    """
    scores, right, labels = [], [], 0
    for sample, (boxes, box_scores, box_classes) in zip(samples, results):
        if CLASSES[c] in FIRE_SMOKE and not sample.searched:
            continue
        mine = sample.classes == c
        certain = sample.certain & (sample.by_people | (not people_only))
        if people_only and not (mine & certain).any():
            continue
        truth = sample.boxes[mine & certain]
        doubtful = sample.boxes[mine & ~certain]
        labels += len(truth)
        chosen = box_classes == c
        order = np.argsort(-box_scores[chosen], kind="stable")
        boxes, box_scores = boxes[chosen][order], box_scores[chosen][order]
        fit = iou_matrix(boxes, truth)
        ignore = iou_matrix(boxes, doubtful).max(1, initial=0) >= MATCH_IOU
        free = np.ones(len(truth), bool)
        for i in range(len(boxes)):
            candidates = np.where(free, fit[i], 0)
            if len(truth) and candidates.max() >= MATCH_IOU:
                free[candidates.argmax()] = False
                scores.append(box_scores[i])
                right.append(True)
            elif not ignore[i]:
                scores.append(box_scores[i])
                right.append(False)
    return np.array(scores), np.array(right, bool), labels


def precision_recall(scores, right, labels):
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    return hits / np.arange(1, len(hits) + 1), hits / max(labels, 1), scores[order]


def ap50(scores, right, labels):
    """Area under the interpolated precision-recall curve; None without labels."""
    if labels == 0:
        return None
    if not len(scores):
        return 0.0
    precision, recall, _ = precision_recall(scores, right, labels)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))


def best_f1(scores, right, labels):
    """Threshold with the best F1, with F1, precision and recall there."""
    if not len(scores) or labels == 0:
        return None
    precision, recall, ordered = precision_recall(scores, right, labels)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    at = int(f1.argmax())
    return float(ordered[at]), float(f1[at]), float(precision[at]), float(recall[at])


def ap_table(samples, results, people_only=False):
    """AP50 by class name."""
    return {name: ap50(*match(samples, results, c, people_only)) for c, name in enumerate(CLASSES)}
