"""The network: YOLOX-nano's (Ge et al., 2021; Megvii, Apache-2.0), with outputs of our own.

Backbone, neck and the two branches of each head are YOLOX-nano's, layer by layer, so that its public weights can be
the start (`pretrained`). Two things differ. ReLU stands where YOLOX has SiLU: on a processor it costs nothing beside the
convolution, and 8 bits hold what it lets through. And BatchNorm, which the public file has folded into the convolutions,
is put back for the training, measured so that nothing changes: without it a rate that teaches anything new destroys what
was known.

Three families of classes share the features but have boxes of their own: one cell sees a person and that person's
face, or a car and its fire, and one box per cell cannot be both. YOLOX's objectness speaks for the structure that it
was taught; faces, fire and smoke do without it.
"""

import copy

import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import numpy_helper
from torch.nn.utils.fusion import fuse_conv_bn_eval

CLASSES = ("person", "face", "two_wheeler", "car", "bus", "truck", "fire", "smoke")
INPUT_W, INPUT_H = 416, 256
STRIDES = (8, 16, 32)

# Which classes share a box, and COCO's numbers of what the public weights know of each.
FAMILIES = (("person", "two_wheeler", "car", "bus", "truck"), ("face",), ("fire", "smoke"))
COCO = {"person": (0,), "two_wheeler": (1, 3), "car": (2,), "bus": (5,), "truck": (7,)}
# The network answers family by family; `split` brings its answers into the order of `CLASSES`.
ANSWERS = tuple(name for names in FAMILIES for name in names)
ORDER = tuple(ANSWERS.index(name) for name in CLASSES)
FAMILY_OF = tuple(next(f for f, names in enumerate(FAMILIES) if name in names) for name in CLASSES)
# A new class begins unlikely (1 %).
UNLIKELY = -4.6

BASE = 16
HEAD = 64


class Rectifier(nn.Module):
    """ReLU; while `share` of all of them is below one, the rest is SiLU (see `train.py`)."""

    share = 1.0

    def forward(self, x):
        if Rectifier.share >= 1:
            return F.relu(x, inplace=True)
        return torch.lerp(F.silu(x), F.relu(x), Rectifier.share)


class Conv(nn.Sequential):
    """Convolution, BatchNorm and ReLU."""

    def __init__(self, c_in, c_out, kernel=1, stride=1, groups=1):
        super().__init__(
            nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(c_out, momentum=0.02),
            Rectifier(),
        )


class Separable(nn.Sequential):
    """A depthwise 3x3 and a pointwise convolution."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__(Conv(c_in, c_in, 3, stride, c_in), Conv(c_in, c_out))


class Bottleneck(nn.Module):
    def __init__(self, channels, shortcut):
        super().__init__()
        self.reduce, self.mix, self.shortcut = Conv(channels, channels), Separable(channels, channels), shortcut

    def forward(self, x):
        y = self.mix(self.reduce(x))
        return x + y if self.shortcut else y


class CrossStage(nn.Module):
    """Half of the channels pass through the bottlenecks, half past them."""

    def __init__(self, c_in, c_out, depth=1, shortcut=True):
        super().__init__()
        half = c_out // 2
        self.through, self.past = Conv(c_in, half), Conv(c_in, half)
        self.body = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(depth)))
        self.merge = Conv(2 * half, c_out)

    def forward(self, x):
        through, past = self.through(x), self.past(x)
        return self.merge(torch.cat((self.body(through), past), 1))


class Pyramid(nn.Module):
    """Max-pools of three sizes beside one another: wide context."""

    def __init__(self, channels):
        super().__init__()
        self.reduce, self.merge = Conv(channels, channels // 2), Conv(channels * 2, channels)

    def forward(self, x):
        x = self.reduce(x)
        return self.merge(torch.cat([x] + [F.max_pool2d(x, k, 1, k // 2) for k in (5, 9, 13)], 1))


class Head(nn.Module):
    """One stride's answers: a box per family, the class logits in the order of `ANSWERS`, the objectness."""

    def __init__(self, c_in):
        super().__init__()
        self.stem = Conv(c_in, HEAD)
        self.class_branch = nn.ModuleList((Separable(HEAD, HEAD), Separable(HEAD, HEAD)))
        self.structure = nn.Conv2d(HEAD, len(FAMILIES[0]), 1)
        self.box_branch = nn.Sequential(Separable(HEAD, HEAD), Separable(HEAD, HEAD))
        self.boxes = nn.Conv2d(HEAD, 4, 1)
        self.objectness = nn.Conv2d(HEAD, 1, 1)
        # What YOLOX does not know: a second step of the class branch, and outputs.
        self.new_branch = Separable(HEAD, HEAD)
        self.new = nn.Conv2d(HEAD, len(ANSWERS) - len(FAMILIES[0]), 1)
        self.new_boxes = nn.Conv2d(HEAD, 4 * (len(FAMILIES) - 1), 1)

    def forward(self, x):
        x = self.stem(x)
        of_class = self.class_branch[0](x)
        structure = self.structure(self.class_branch[1](of_class))
        new = self.new(self.new_branch(of_class))
        x = self.box_branch(x)
        return torch.cat((self.boxes(x), self.new_boxes(x), structure, new, self.objectness(x)), 1)

    def added(self):
        """The modules that begin without knowledge."""
        return self.new_branch, self.new, self.new_boxes


class Detector(nn.Module):
    """`[B, 3, H, W]` (RGB 0..255, H and W multiples of 32) to one map per stride,
    `[B, 4 * families + classes + 1, H/stride, W/stride]`: see `split`."""

    def __init__(self):
        super().__init__()
        b = BASE
        self.stem = Conv(12, b, 3)
        self.dark2 = nn.Sequential(Separable(b, 2 * b, 2), CrossStage(2 * b, 2 * b))
        self.dark3 = nn.Sequential(Separable(2 * b, 4 * b, 2), CrossStage(4 * b, 4 * b, 3))
        self.dark4 = nn.Sequential(Separable(4 * b, 8 * b, 2), CrossStage(8 * b, 8 * b, 3))
        self.dark5 = nn.Sequential(
            Separable(8 * b, 16 * b, 2), Pyramid(16 * b), CrossStage(16 * b, 16 * b, 1, shortcut=False)
        )
        self.lateral5 = Conv(16 * b, 8 * b)
        self.top_down4 = CrossStage(16 * b, 8 * b, 1, shortcut=False)
        self.lateral4 = Conv(8 * b, 4 * b)
        self.top_down3 = CrossStage(8 * b, 4 * b, 1, shortcut=False)
        self.down3 = Separable(4 * b, 4 * b, 2)
        self.bottom_up4 = CrossStage(8 * b, 8 * b, 1, shortcut=False)
        self.down4 = Separable(8 * b, 8 * b, 2)
        self.bottom_up5 = CrossStage(16 * b, 16 * b, 1, shortcut=False)
        self.heads = nn.ModuleList(Head(c * b) for c in (4, 8, 16))

    def forward(self, x):
        # Space to depth, in YOLOX's order: top left, bottom left, top right, bottom right.
        x = torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], 1)
        c3 = self.dark3(self.dark2(self.stem(x)))
        c4 = self.dark4(c3)
        p5 = self.lateral5(self.dark5(c4))
        p4 = self.lateral4(self.top_down4(torch.cat((F.interpolate(p5, scale_factor=2.0), c4), 1)))
        p3 = self.top_down3(torch.cat((F.interpolate(p4, scale_factor=2.0), c3), 1))
        m4 = self.bottom_up4(torch.cat((self.down3(p3), p4), 1))
        m5 = self.bottom_up5(torch.cat((self.down4(m4), p5), 1))
        return [head(level) for head, level in zip(self.heads, (p3, m4, m5))]


def split(flat):
    """`[B, N, 4 * families + classes + 1]` to raw boxes `[B, N, families, 4]` and logits `[B, N, classes]`, where
    sigmoid(logit) is the score: of the first family's classes the product of class and objectness."""
    families, structure = len(FAMILIES), len(FAMILIES[0])
    boxes = flat[..., : 4 * families].unflatten(-1, (families, 4))
    known, new = flat[..., 4 * families : 4 * families + structure], flat[..., 4 * families + structure : -1]
    log_p = F.logsigmoid(known) + F.logsigmoid(flat[..., -1:])
    known = log_p - torch.log1p(-log_p.exp().clamp(max=1 - 1e-6))
    return boxes, torch.cat((known, new), -1)[..., ORDER]


def boxes_from_raw(raw, centres, strides):
    """Raw `[..., N, 4]` (middle from the cell's corner, logarithm of the size, in strides) to x0, y0, x1, y1 in pixels."""
    middle = centres + (raw[..., :2] - 0.5) * strides
    half = raw[..., 2:].clamp(max=6).exp() * strides / 2
    return torch.cat((middle - half, middle + half), -1)


def public(file):
    """The network as YOLOX-nano's public weights have it (SiLU, no BatchNorm), for eight classes. What is new begins
    unlikely, with the boxes and the branch that YOLOX has for structure. It is not trained; it is learned from."""
    model = folded(Detector())
    for module in model.modules():
        if isinstance(module, Conv):
            module[-1] = nn.SiLU(inplace=True)
    graph = onnx.load(str(file)).graph
    weights = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    given = [[weights[name] for name in node.input[1:3]] for node in graph.node if node.op_type == "Conv"]
    added = {id(m) for head in model.heads for part in head.added() for m in part.modules()}
    ours = [m for m in _convolutions_as_run(model) if id(m) not in added]
    with torch.no_grad():
        for module, (weight, bias) in zip(ours, given, strict=True):
            if weight.shape[0] == 80:
                numbers = [list(COCO[name]) for name in FAMILIES[0]]
                weight = torch.stack([weight[n].mean(0) for n in numbers])
                bias = torch.stack([bias[n].max() for n in numbers])
            if module.weight.shape != weight.shape:
                raise SystemExit(f"{file} is not YOLOX-nano: {tuple(weight.shape)} where {tuple(module.weight.shape)} belongs")
            module.weight.copy_(weight)
            module.bias.copy_(bias)
        # YOLOX takes BGR, this network RGB.
        stem = model.stem[0].weight
        stem.copy_(stem.unflatten(1, (4, 3)).flip(2).flatten(1, 2))
        for head in model.heads:
            head.new_branch.load_state_dict(head.class_branch[1].state_dict())
            nn.init.normal_(head.new.weight, std=0.01)
            nn.init.constant_(head.new.bias, UNLIKELY)
            copies = len(FAMILIES) - 1
            head.new_boxes.weight.copy_(head.boxes.weight.repeat(copies, 1, 1, 1))
            head.new_boxes.bias.copy_(head.boxes.bias.repeat(copies))
    return model


def exported(file):
    """The network of a file that `export.py` wrote in fp32."""
    model, prefix = folded(Detector()), "model."
    arrays = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in onnx.load(str(file)).graph.initializer}
    weights = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    # What export.py brought together.
    stem = weights["stem.0.weight"]
    weights["stem.0.weight"] = torch.cat([stem[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], 1)
    for h, head in enumerate(model.heads):
        parts = {name: getattr(head, name).out_channels for name in ("boxes", "new_boxes", "objectness")}
        for kind in ("weight", "bias"):
            places = weights.pop(f"heads.{h}.places.{kind}").split(list(parts.values()))
            weights.update({f"heads.{h}.{name}.{kind}": part for name, part in zip(parts, places)})
    model.load_state_dict(weights)
    return model


@torch.no_grad()
def trainable(start, pictures, share):
    """A network to train that answers `pictures` (`[B, 3, H, W]`) as `start` does while `Rectifier.share` is `share`
    (0 for `public`, 1 for `exported`): each BatchNorm takes what it sees as its statistics, and gives back what it took
    away."""
    model, Rectifier.share = Detector().eval(), share
    hooks = []
    for mine, theirs in zip(_modules(model, Conv), _modules(start, Conv), strict=True):
        # Filters of one size, so that one learning rate suits them all; the stem's, for 0..255, are tiny.
        weight = theirs[0].weight
        size = weight.flatten(1).norm(dim=1).clamp(min=1e-4)
        mine[0].weight.copy_(weight / size[:, None, None, None])

        def measure(norm, inputs, size=size, bias=theirs[0].bias):
            var, mean = torch.var_mean(inputs[0].float(), (0, 2, 3), correction=0)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
            norm.weight.copy_((var + norm.eps).sqrt() * size)
            norm.bias.copy_(mean * size + bias)

        hooks.append(mine[1].register_forward_pre_hook(measure))
    for name in ("structure", "boxes", "objectness", "new", "new_boxes"):
        for mine, theirs in zip(model.heads, start.heads, strict=True):
            getattr(mine, name).load_state_dict(getattr(theirs, name).state_dict())
    model(pictures)
    for hook in hooks:
        hook.remove()
    return model


def folded(model):
    """A copy for use: BatchNorm inside the convolutions."""
    model = copy.deepcopy(model).eval()
    for conv in _modules(model, Conv):
        conv[0], conv[1] = fuse_conv_bn_eval(conv[0], conv[1]), nn.Identity()
    return model


def _modules(model, kind):
    return [m for m in model.modules() if isinstance(m, kind)]


def _convolutions_as_run(model):
    """In the order in which they run, which is the order of an ONNX graph."""
    run, hooks = [], []
    for module in _modules(model, nn.Conv2d):
        hooks.append(module.register_forward_hook(lambda m, *_: run.append(m)))
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return run


def grid(width, height):
    """Centres `[N, 2]` in pixels and strides `[N, 1]` of all output cells, in output order."""
    centres, strides = [], []
    for stride in STRIDES:
        ys, xs = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        centres.append((torch.stack((xs, ys), -1).reshape(-1, 2).float() + 0.5) * stride)
        strides.append(torch.full((centres[-1].shape[0], 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def flatten(maps):
    """Raw maps to `[B, N, channels]` in the order of `grid`."""
    return torch.cat([m.flatten(2) for m in maps], 2).transpose(1, 2)
