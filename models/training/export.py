"""A checkpoint's averaged weights to two ONNX files: fp32, and int8 with first, last and decoding layers in float.

    python export.py --run RUN_FOLDER [--out ../]

Input `images` [1, 3, 256, 416] float32, RGB 0..255; output `output` [1, 4 + 8, 3 N] float32 like YOLOv8 exports:
centre x, centre y, width, height in input pixels, then the class scores after the sigmoid. Each family of classes has
boxes of its own (net.FAMILIES), so the cells stand there once per family, with the other families' scores zero.
"""

import argparse
import hashlib
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from data import Pictures, letterbox
from net import FAMILIES, FAMILY_OF, INPUT_H, INPUT_W, Detector, boxes_from_raw, flatten, folded, grid, split

REPO = Path(__file__).resolve().parents[2]
# fp32 ONNX against PyTorch: pixels and scores may differ by this much.
TOLERANCE = 2e-2
CALIBRATION_PICTURES = 200
# The last convolutions of a head: what comes after them, distances and scores, needs float.
LAST = ("structure", "new", "boxes", "new_boxes", "objectness")


class Exported(nn.Module):
    """The network with its normalisation and decoding."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        centres, strides = grid(INPUT_W, INPUT_H)
        self.register_buffer("centres", centres)
        self.register_buffer("strides", strides)

        families = torch.arange(len(FAMILIES))[:, None] == torch.tensor(FAMILY_OF)
        self.register_buffer("mine", families.float()[:, None])  # [families, 1, classes]

    def forward(self, images):
        raw, logits = split(flatten(self.model(images)))
        boxes = boxes_from_raw(raw.transpose(1, 2), self.centres, self.strides)  # [1, families, N, 4]
        centre, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
        scores = logits.sigmoid()[:, None] * self.mine
        return torch.cat((centre, size, scores), -1).flatten(1, 2).transpose(1, 2)


def trained(run):
    """The run's averaged network, ready for use."""
    model = Detector()
    model.load_state_dict(torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)["average"])
    return folded(model)


def export_fp32(model, file):
    exported = Exported(model).eval()
    example = torch.rand(1, 3, INPUT_H, INPUT_W) * 255
    torch.onnx.export(
        exported, example, str(file), input_names=["images"], output_names=["output"], opset_version=17, dynamo=False
    )
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    ours = session.run(None, {"images": example.numpy()})[0]
    with torch.no_grad():
        difference = float(np.abs(ours - exported(example).numpy()).max())
    if difference > TOLERANCE:
        raise SystemExit(f"the ONNX file differs from the network by {difference}")
    print(f"{file.name}: differs from PyTorch by at most {difference:.1e}")


class Calibration(CalibrationDataReader):
    """Training pictures, evenly spread over the list, as the network gets them."""

    def __init__(self, pictures):
        samples = pictures.split("train")
        chosen = samples[:: max(1, len(samples) // CALIBRATION_PICTURES)][:CALIBRATION_PICTURES]
        canvases = (letterbox(pictures.pixels(s))[0] for s in chosen)
        self.tensors = ({"images": c.transpose(2, 0, 1)[None].astype(np.float32)} for c in canvases)

    def get_next(self):
        return next(self.tensors, None)


def in_float(graph):
    """Names of the nodes that stay in float: the first convolution, the last ones of each head, all that follows these."""
    convolutions = [n for n in graph.node if n.op_type == "Conv"]
    last = [n for n in convolutions if "heads" in n.name and n.name.split("/")[-2] in LAST]
    if len(last) != len(LAST) * 3:
        raise SystemExit(f"the heads were not found in the graph: {[n.name for n in convolutions]}")
    names, after = [convolutions[0].name, *(n.name for n in last)], {o for n in last for o in n.output}
    for node in graph.node:
        if any(i in after for i in node.input):
            names.append(node.name)
            after.update(node.output)
    return names


def export_int8(fp32, file, pictures):
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(file),
            Calibration(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=in_float(onnx.load(str(prepared)).graph),
            calibrate_method=CalibrationMethod.MinMax,
        )
    print(f"{file.name}: calibrated on {CALIBRATION_PICTURES} training pictures")


def main():
    shared = REPO.parent / "shared"
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--run", type=Path, required=True, help="folder of the training run")
    p.add_argument("--data", type=Path, nargs="+", default=[shared / "train", shared / "train2"])
    p.add_argument("--cache", type=Path, default=Path("~/.cache/lookout/train"))
    p.add_argument("--out", type=Path, default=REPO / "models")
    args = p.parse_args()
    fp32, int8 = args.out / "street-small.onnx", args.out / "street-small-int8.onnx"
    export_fp32(trained(args.run), fp32)
    export_int8(fp32, int8, Pictures(args.data, args.cache))
    for file in (fp32, int8):
        content = file.read_bytes()
        print(f"{file.name} {len(content)} bytes sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
