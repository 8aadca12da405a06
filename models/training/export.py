"""A checkpoint's averaged weights to two ONNX files: fp32, and int8 with the decoding tail kept in float.

    python export.py --run RUN_FOLDER [--out ../]

Input `images` [1, 3, 256, 416] float32, RGB 0..255 (the division by 255 is in the graph); output `output`
[1, 4 + 8, N] float32 like YOLOv8 exports: centre x, centre y, width, height in input pixels, then the
class scores after the sigmoid.
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
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from data import Pictures, letterbox
from net import INPUT_H, INPUT_W, Detector, boxes_from_raw, flatten, grid

REPO = Path(__file__).resolve().parents[2]
CALIBRATION_PICTURES = 200
# fp32 ONNX against PyTorch: pixels and scores may differ by this much.
TOLERANCE = 2e-2


class Exported(nn.Module):
    """The network with its normalisation and decoding."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        centres, strides = grid(INPUT_W, INPUT_H)
        self.register_buffer("centres", centres)
        self.register_buffer("strides", strides)

    def forward(self, images):
        raw = flatten(self.model(images / 255.0))
        boxes = boxes_from_raw(raw[..., :4], self.centres, self.strides)
        centre, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
        return torch.cat((centre, size, raw[..., 4:].sigmoid()), -1).transpose(1, 2)


class Calibration(CalibrationDataReader):
    """Training pictures, evenly spread over the list, as the network gets them."""

    def __init__(self, pictures):
        samples = pictures.split("train")
        chosen = samples[:: max(1, len(samples) // CALIBRATION_PICTURES)][:CALIBRATION_PICTURES]
        self.tensors = ({"images": tensor_of(pictures.pixels(s))} for s in chosen)

    def get_next(self):
        return next(self.tensors, None)


def tensor_of(picture):
    """RGB `[h, w, 3]` to the input tensor."""
    canvas, _ = letterbox(picture)
    return canvas.transpose(2, 0, 1)[None].astype(np.float32)


def export_fp32(run, file):
    state = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=False)
    model = Detector()
    model.load_state_dict(state["average"])
    exported = Exported(model.eval()).eval()
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


def tail_of(model):
    """Names of the nodes after the last convolutions: distances, grid and sigmoid stay in float."""
    graph = model.graph
    after, tail = set(), []
    by_output = {o: node for node in graph.node for o in node.output}
    heads = [n for n in graph.node if n.op_type == "Conv" and ".1/Conv" in n.name and "heads" in n.name]
    after.update(o for n in heads for o in n.output)
    for node in graph.node:
        if any(i in after for i in node.input):
            tail.append(node.name)
            after.update(node.output)
    if not heads or by_output["output"].name not in tail:
        raise SystemExit("the heads were not found in the graph")
    return tail


def edges_of(model):
    """Names of the first convolution and of the last one of each head. They take and give the numbers with the widest
    range, so in int8 they make half of the error, and they are small."""
    convolutions = [n.name for n in model.graph.node if n.op_type == "Conv"]
    return convolutions[:1] + [n for n in convolutions if "heads" in n and ".1/Conv" in n]


def export_int8(fp32, file, pictures):
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared))
        quantize_static(
            str(prepared),
            str(file),
            Calibration(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=tail_of(graph) + edges_of(graph),
            extra_options={"ActivationSymmetric": False},
        )
    print(f"{file.name}: calibrated on {CALIBRATION_PICTURES} training pictures")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--run", type=Path, required=True, help="folder of the training run")
    p.add_argument("--data", type=Path, default=REPO.parent / "shared" / "train")
    p.add_argument("--cache", type=Path, default=Path("~/.cache/lookout/train"))
    p.add_argument("--out", type=Path, default=REPO / "models")
    args = p.parse_args()
    fp32, int8 = args.out / "street-nano.onnx", args.out / "street-nano-int8.onnx"
    export_fp32(args.run, fp32)
    export_int8(fp32, int8, Pictures(args.data, args.cache))
    for file in (fp32, int8):
        content = file.read_bytes()
        print(f"{file.name} {len(content)} bytes sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
