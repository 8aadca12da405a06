"""Which output cell answers for which box, and what it costs when it is wrong.

Assignment is task-aligned (Feng et al., TOOD, 2021): a cell is a good answer for a box when
it already scores the class high *and* fits the box. The ten best cells per box become
positives; their class target is how well they fit, so a score means "class and fit".

Three kinds of doubt in the labels are left out of the loss instead of being taught as
background: uncertain boxes (labelled with a low score by the teachers), boxes of which only
a sliver is left after a crop, and fire or smoke in pictures nobody searched for them (there
the negatives count little).

Against forgetting, what the network knew before is taught again on every picture (`answers_again`): the scores of the
unchanged public network, and its boxes where it is sure.
"""

import torch
import torch.nn.functional as F

from net import CLASSES, FAMILIES, FAMILY_OF, boxes_from_raw, flatten, grid, split

TOP_CELLS = 10
SCORE_POWER, IOU_POWER = 0.5, 6.0
BOX_WEIGHT = 2.5
AGAIN_WEIGHT = 1.0
AGAIN_SURE = 0.3  # from this score the old network's box is a target
# The absence of fire and smoke is likely, not certain, in pictures without such labels.
UNSEARCHED_NEGATIVE_WEIGHT = 0.2

_VEHICLES = [CLASSES.index(name) for name in ("car", "bus", "truck")]
_STRUCTURE = [CLASSES.index(name) for name in FAMILIES[0]]
_FIRE_SMOKE = [CLASSES.index(name) for name in ("fire", "smoke")]


def pairwise_iou(a, b):
    """IoU of boxes `[..., 4]`, broadcasting."""
    top_left = torch.maximum(a[..., :2], b[..., :2])
    bottom_right = torch.minimum(a[..., 2:], b[..., 2:])
    inter = (bottom_right - top_left).clamp(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    return inter / (area_a + area_b - inter + 1e-7)


def ciou_loss(pred, target):
    """1 - complete IoU (Zheng et al., 2020) of matched boxes `[P, 4]`."""
    iou = pairwise_iou(pred, target)
    hull = torch.maximum(pred[:, 2:], target[:, 2:]) - torch.minimum(pred[:, :2], target[:, :2])
    diagonal = hull.pow(2).sum(-1) + 1e-7
    distance = (pred[:, :2] + pred[:, 2:] - target[:, :2] - target[:, 2:]).pow(2).sum(-1) / 4
    w, h = (pred[:, 2:] - pred[:, :2]).clamp(min=1e-3).unbind(-1)
    tw, th = (target[:, 2:] - target[:, :2]).clamp(min=1e-3).unbind(-1)
    aspect = 0.405 * (torch.atan(tw / th) - torch.atan(w / h)).pow(2)
    with torch.no_grad():
        trade_off = aspect / (1 - iou + aspect + 1e-7)
    return 1 - iou + distance / diagonal + trade_off * aspect


class DetectionLoss:
    """Loss of a batch.

    Targets come concatenated: `boxes [G, 4]` in pixels, `classes [G]`, `image [G]` (which
    picture of the batch), `certain [G]`; `searched [B]` says where fire and smoke negatives
    can be trusted.
    """

    def __init__(self):
        self._grids = {}

    def _grid(self, width, height):
        if (width, height) not in self._grids:
            self._grids[width, height] = grid(width, height)
        return self._grids[width, height]

    def __call__(self, maps, boxes, classes, image, certain, searched, before=None):
        height, width = maps[0].shape[2] * 8, maps[0].shape[3] * 8
        centres, strides = self._grid(width, height)
        raw, logits = split(flatten([m.float() for m in maps]))
        family_boxes = boxes_from_raw(raw.transpose(1, 2), centres, strides)  # [B, families, N, 4]

        weight = torch.ones_like(logits)
        weight[..., _FIRE_SMOKE] = torch.where(
            searched[:, None, None], 1.0, UNSEARCHED_NEGATIVE_WEIGHT
        ).expand(-1, logits.shape[1], len(_FIRE_SMOKE))
        self._mask_doubtful(weight, centres, boxes, classes, image, ~certain)

        boxes, classes, image = boxes[certain], classes[certain], image[certain]
        target = torch.zeros_like(logits)
        box_loss = logits.new_zeros(())
        if len(boxes):
            family = torch.tensor(FAMILY_OF)[classes]
            for f in range(len(FAMILIES)):
                mine = family == f
                if not mine.any():
                    continue
                pred_boxes = family_boxes[:, f]
                of_family = boxes[mine], classes[mine], image[mine]
                which, cell, quality = self._assign(
                    pred_boxes.detach(), logits.detach(), centres, strides, *of_family
                )
                at = of_family[2][which], cell, of_family[1][which]
                target[at] = quality
                # A positive is certain, whatever doubtful box overlaps it.
                weight[at] = 1.0
                fit = ciou_loss(pred_boxes[of_family[2][which], cell], of_family[0][which])
                box_loss = box_loss + (fit * quality).sum()
        class_loss = F.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
        scale = target.sum().clamp(min=1.0)
        total = class_loss / scale + BOX_WEIGHT * box_loss / scale
        if before is not None:
            total = total + AGAIN_WEIGHT * self._answers_again(family_boxes[:, 0], logits, before, centres, strides)
        return total, class_loss / scale, box_loss / scale

    @staticmethod
    def _answers_again(boxes, logits, before, centres, strides):
        """How far the structure's answers are from those of the network `before` its training (its maps)."""
        with torch.no_grad():
            raw, old = split(flatten([m.float() for m in before]))
            old_boxes = boxes_from_raw(raw[..., 0, :], centres, strides)
            scores = old[..., _STRUCTURE].sigmoid()
            sure, weight = scores.amax(-1) > AGAIN_SURE, scores.amax(-1)
            entropy = F.binary_cross_entropy(scores, scores, reduction="sum")
        scale = scores.sum().clamp(min=1.0)
        again = F.binary_cross_entropy_with_logits(logits[..., _STRUCTURE], scores, reduction="sum") - entropy
        fit = (ciou_loss(boxes[sure], old_boxes[sure]) * weight[sure]).sum() if sure.any() else 0.0
        return (again + BOX_WEIGHT * fit) / scale

    @staticmethod
    def _mask_doubtful(weight, centres, boxes, classes, image, doubtful):
        """Zero weight for the class of every doubtful box at the cells inside it."""
        for box, name, picture in zip(boxes[doubtful], classes[doubtful].tolist(), image[doubtful].tolist()):
            inside = ((centres > box[:2]) & (centres < box[2:])).all(-1)
            # Teachers confuse vehicle kinds: an uncertain car may be a certain truck.
            for masked in _VEHICLES if name in _VEHICLES else [name]:
                weight[picture, inside, masked] = 0.0

    @staticmethod
    @torch.no_grad()
    def _assign(pred_boxes, logits, centres, strides, boxes, classes, image):
        """Returns matched pairs: index of the box, index of the cell, class target."""
        iou = pairwise_iou(pred_boxes[image], boxes[:, None])  # [G, N]
        score = logits.transpose(1, 2)[image, classes].sigmoid()  # [G, N]
        # A cell may answer when its centre lies inside; a box smaller than a cell is widened.
        middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
        half = torch.maximum((boxes[:, None, 2:] - boxes[:, None, :2]) / 2, strides * 0.75)
        inside = ((centres - middle).abs() < half).all(-1)
        metric = score.pow(SCORE_POWER) * iou.pow(IOU_POWER) * inside
        best, cells = metric.topk(TOP_CELLS, 1)
        chosen = torch.zeros_like(metric, dtype=torch.bool)
        chosen.scatter_(1, cells, best > 1e-12)
        # A cell wanted by several boxes of one picture goes to the one it fits best.
        wanted = iou * chosen
        best_fit = torch.zeros(logits.shape[0], iou.shape[1])
        best_fit.scatter_reduce_(0, image[:, None].expand_as(wanted), wanted, "amax")
        chosen &= wanted >= best_fit[image]
        metric = metric * chosen
        scale = (iou * chosen).amax(1, keepdim=True) / metric.amax(1, keepdim=True).clamp(min=1e-12)
        which, cell = chosen.nonzero(as_tuple=True)
        return which, cell, (metric * scale)[which, cell].clamp(0, 1)
