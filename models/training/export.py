"""A checkpoint's averaged weights to two ONNX files, fp32 and 8 bits, both checked.

    python export.py --run RUN_FOLDER [--out ../]

Input `images` [1, 3, 256, 416] float32, RGB 0..255; output `output` [1, 4 + 8, 3 N] float32 like YOLOv8 exports:
centre x, centre y, width, height in input pixels, then the class scores after the sigmoid. Each family of classes has
boxes of its own (net.FAMILIES), so the cells stand there once per family, with the other families' scores zero.

The files say what the network of `net.py` says, in fewer steps: the first convolution reads the picture itself, pools of
one size follow one another, and what comes after the last convolutions keeps the cells in rows.
"""

import argparse
import copy
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import helper, numpy_helper

import metrics
from data import Pictures, letterbox
from evaluate import YOLOX, cpu_ms, ours, session_of, table
from net import ANSWERS, CLASSES, FAMILIES, FAMILY_OF, INPUT_H, INPUT_W, Detector, boxes_from_raw, flatten, folded, grid, split
from quantise import quantised

REPO = Path(__file__).resolve().parents[2]
# fp32 ONNX against PyTorch: pixels and scores may differ by this much, and by this share.
TOLERANCE, TOLERANCE_SHARE = 5e-3, 1e-4
CALIBRATION_PICTURES = 150
# 8 bits may lose this much of the AP50 of a class.
LOSS = 0.015


class Pools(nn.Module):
    """`net.Pyramid` with the two larger pools made of the smallest."""

    def __init__(self, pyramid):
        super().__init__()
        self.reduce, self.merge = pyramid.reduce, pyramid.merge

    def forward(self, x):
        parts = [self.reduce(x)]
        for _ in range(3):
            parts.append(F.max_pool2d(parts[-1], 5, 1, 2))
        return self.merge(torch.cat(parts, 1))


class Head(nn.Module):
    """`net.Head` with one convolution for all that the box branch answers; gives places, structure and new classes."""

    def __init__(self, head):
        super().__init__()
        self.stem, self.class_branch, self.structure = head.stem, head.class_branch, head.structure
        self.new_branch, self.new, self.box_branch = head.new_branch, head.new, head.box_branch
        parts = head.boxes, head.new_boxes, head.objectness
        self.places = nn.Conv2d(head.boxes.in_channels, sum(p.out_channels for p in parts), 1)
        self.places.load_state_dict({k: torch.cat([p.state_dict()[k] for p in parts]) for k in ("weight", "bias")})

    def forward(self, x):
        x = self.stem(x)
        of_class = self.class_branch[0](x)
        structure, new = self.structure(self.class_branch[1](of_class)), self.new(self.new_branch(of_class))
        return self.places(self.box_branch(x)), structure, new


class Exported(nn.Module):
    """The network with its decoding."""

    def __init__(self, model):
        super().__init__()
        self.model = copy.deepcopy(model)
        self.model.dark5[1] = Pools(self.model.dark5[1])
        self.model.heads = nn.ModuleList(Head(head) for head in self.model.heads)
        centres, strides = grid(INPUT_W, INPUT_H)
        self.register_buffer("corners", (centres - strides / 2).T[None].contiguous())
        self.register_buffer("strides", strides.T[None].contiguous())

    def forward(self, images):
        levels = [[m.reshape(1, int(m.shape[1]), -1) for m in maps] for maps in self.model(images)]
        places, structure, new = (torch.cat(maps, 2) for maps in zip(*levels))
        raw, objectness = places[:, :-1], places[:, -1:]
        scores = torch.cat((structure.sigmoid() * objectness.sigmoid(), new.sigmoid()), 1)
        nothing = torch.zeros(1, 1, self.strides.shape[2])
        families = []
        for f, names in enumerate(FAMILIES):
            middle = raw[:, 4 * f : 4 * f + 2] * self.strides + self.corners
            size = raw[:, 4 * f + 2 : 4 * f + 4].clamp(max=6).exp() * self.strides
            of = (ANSWERS.index(name) if name in names else None for name in CLASSES)
            families.append(torch.cat((middle, size, *(nothing if a is None else scores[:, a : a + 1] for a in of)), 1))
        return torch.cat(families, 2)


def trained(run):
    """The run's averaged network, ready for use."""
    model = Detector()
    model.load_state_dict(torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)["average"])
    return folded(model)


@torch.no_grad()
def answers(model, images):
    """What a file must answer, decoded as in training."""
    centres, strides = grid(INPUT_W, INPUT_H)
    raw, logits = split(flatten(model(images)))
    boxes = boxes_from_raw(raw.transpose(1, 2), centres, strides)  # [1, families, N, 4]
    centre, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
    mine = torch.arange(len(FAMILIES))[:, None] == torch.tensor(FAMILY_OF)
    scores = logits.sigmoid()[:, None] * mine[:, None]
    return torch.cat((centre, size, scores), -1).flatten(1, 2).transpose(1, 2).numpy()


def read_directly(model):
    """The first convolution reads the picture, in place of four pictures of half the size that `net.Detector` makes of it."""
    graph = model.graph
    first = next(n for n in graph.node if n.op_type == "Conv")
    weight = next(i for i in graph.initializer if i.name == first.input[1])
    halves = numpy_helper.to_array(weight)  # [out, 4 * 3, 3, 3]
    whole = np.zeros((len(halves), 3, 6, 6), np.float32)
    for quarter in range(4):
        column, row = divmod(quarter, 2)
        whole[:, :, row::2, column::2] = halves[:, 3 * quarter : 3 * quarter + 3]
    weight.CopyFrom(numpy_helper.from_array(whole, weight.name))
    first.input[0] = graph.input[0].name
    del first.attribute[:]
    first.attribute.extend(
        helper.make_attribute(name, value)
        for name, value in (("kernel_shape", [6, 6]), ("strides", [2, 2]), ("pads", [2, 2, 2, 2]), ("group", 1))
    )
    while True:
        used = {i for n in graph.node for i in n.input} | {o.name for o in graph.output}
        unused = [n for n in graph.node if used.isdisjoint(n.output)]
        if not unused:
            return
        for node in unused:
            graph.node.remove(node)


def export_fp32(model, file, picture):
    example = torch.from_numpy(picture)
    torch.onnx.export(
        Exported(model).eval(), example, str(file), input_names=["images"], output_names=["output"], opset_version=17,
        dynamo=False,
    )
    written = onnx.load(str(file))
    read_directly(written)
    onnx.checker.check_model(written)
    onnx.save(written, str(file))
    got, due = session_of(file).run(None, {"images": picture})[0], answers(model, example)
    difference = float(np.abs(got - due).max())
    if not np.allclose(got, due, rtol=TOLERANCE_SHARE, atol=TOLERANCE):
        raise SystemExit(f"{file.name} differs from the network by {difference}")
    print(f"{file.name}: differs from PyTorch by at most {difference:.1e}")


def calibration(pictures):
    """Training pictures, evenly spread over the list, as the network gets them."""
    samples = pictures.split("train")
    for sample in samples[:: max(1, len(samples) // CALIBRATION_PICTURES)][:CALIBRATION_PICTURES]:
        yield letterbox(pictures.pixels(sample))[0].transpose(2, 0, 1)[None].astype(np.float32)


def check_8_bits(fp32, int8, pictures, public):
    """The table of both files on the held-out pictures; stops where 8 bits lose too much."""
    samples = pictures.split("val")
    sessions = {file.stem: session_of(file) for file in (fp32, int8)}
    rows = {n: metrics.ap_table(samples, [ours(s, pictures.pixels(p)) for p in samples]) for n, s in sessions.items()}
    table("AP50 on all held-out pictures", rows)
    costs = cpu_ms({**sessions, YOLOX: session_of(public / f"{YOLOX}.onnx")})
    print("".join(f"\n{name}: {ms:.1f} ms, {ms / costs[YOLOX]:.2f} runs of YOLOX-nano" for name, ms in costs.items()))
    before, after = rows[fp32.stem], rows[int8.stem]
    lost = [c for c in CLASSES if before[c] is not None and before[c] - after[c] > LOSS]
    if lost:
        raise SystemExit(f"{int8.name} loses more than {LOSS} of {', '.join(lost)}; leave more in float (IN_FLOAT in quantise.py)")


def main():
    shared = REPO.parent / "shared"
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--run", type=Path, required=True, help="folder of the training run")
    p.add_argument("--data", type=Path, nargs="+", default=[shared / "train", shared / "train2"])
    p.add_argument("--public", type=Path, default=shared / "models")
    p.add_argument("--cache", type=Path, default=Path("~/.cache/lookout/train"))
    p.add_argument("--out", type=Path, default=REPO / "models")
    args = p.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    fp32, int8 = args.out / "street-small.onnx", args.out / "street-small-int8.onnx"
    pictures = Pictures(args.data, args.cache)
    export_fp32(trained(args.run), fp32, next(calibration(pictures)))
    onnx.save(quantised(onnx.load(str(fp32)), calibration(pictures)), str(int8))
    check_8_bits(fp32, int8, pictures, args.public)
    for file in (fp32, int8):
        content = file.read_bytes()
        print(f"{file.name} {len(content)} bytes sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
