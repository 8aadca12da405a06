"""An ONNX file of `export.py` to one of 8 bits: activations unsigned by tensor, weights signed by output channel.

Four things make it lose nothing (README.md has the numbers of each):

- The first layers stay in float. They have few channels, so 8 bits save no time there, and every later layer inherits
  their error.
- Channels are equalised (Nagel et al., 2019): ReLU lets a channel be divided by a number if whatever reads it multiplies by
  the same one. The network answers the same, and a small channel no longer shares its scale with a hundred times larger one.
- Ranges reach to the greatest value seen. Cut shorter, large objects suffer.
- What rounding the weights adds to the mean of a channel is taken from the bias.

A processor without VNNI adds products in pairs of 16 bits; one output in 50,000 has a pair that does not fit.

Beside that, what ONNX Runtime runs slowly is written otherwise, with the same results: the enlargements as concatenations, the
last convolutions as products with rows.
"""

import copy

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

# The layers in float, by the beginning of their weights' names. A convolution between quantised tensors cannot stay in
# float: ONNX Runtime quantises its weights when it loads the file, by one scale for all channels.
IN_FLOAT = ("model.stem.", "model.dark2.", "model.dark3.", "model.dark4.0.0.")
# No channel is taken for smaller than this share of its tensor's largest: what is rare in the pictures may be larger elsewhere.
SMALLEST_SHARE = 1 / 64
ACTIVATION_STEPS, WEIGHT_STEPS = 255, 127


class Groups:
    """Things numbered from 0 that belong together."""

    def __init__(self):
        self.parents = []

    def new(self, count):
        first = len(self.parents)
        self.parents.extend(range(first, first + count))
        return list(range(first, first + count))

    def of(self, i):
        while self.parents[i] != i:
            i = self.parents[i]
        return i

    def join(self, i, j):
        self.parents[self.of(i)] = self.of(j)


class Network:
    """The graph up to the last convolutions: what is quantised."""

    def __init__(self, model):
        self.graph = model.graph
        self.arrays = {i.name: numpy_helper.to_array(i) for i in self.graph.initializer}
        maker = {o: n for n in self.graph.node for o in n.output}
        self.readers = {}
        for node in self.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        convolutions = [n for n in self.graph.node if n.op_type == "Conv"]
        self.last = [n for n in convolutions if self.readers[n.output[0]][0].op_type != "Relu"]
        before, queue = set(), [n.input[0] for n in self.last]
        while queue:
            name = queue.pop()
            if name in maker and name not in before:
                before.add(name)
                queue.extend(maker[name].input)
        self.nodes = [n for n in self.graph.node if n.output[0] in before and n.op_type != "Constant"]
        unknown = {n.op_type for n in self.nodes} - {"Conv", "Relu", "Add", "Concat", "MaxPool", "Resize"}
        if unknown:
            raise SystemExit(f"the graph has nodes that quantise.py does not know before its last convolutions: {unknown}")
        self.convolutions = [n for n in self.nodes if n.op_type == "Conv"]
        self.in_float = {n.name for n in self.convolutions if n.input[1].startswith(IN_FLOAT)}
        # A convolution's output is quantised after its ReLU.
        self.activations = [n.output[0] for n in self.nodes if n.op_type != "Conv"]

    def read_in_8_bits(self, name):
        """Whether this reaches, whatever is added or brought together on the way, a convolution of 8 bits."""
        return any(
            reader.name not in self.in_float if reader.op_type == "Conv" else self.read_in_8_bits(reader.output[0])
            for reader in self.readers[name]
        )

    def weights(self, node):
        return self.arrays[node.input[1]], self.arrays[node.input[2]]


def depthwise(node):
    return next(a.i for a in node.attribute if a.name == "group") > 1


def measured(model, names, pictures):
    """Of each tensor named, the greatest value and the mean of each channel."""
    model = copy.deepcopy(model)
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    seen = {name: [] for name in names}
    for picture in pictures:
        for name, values in zip(names, session.run(names, {"images": picture})):
            seen[name].append((values.max((0, 2, 3)), values.mean((0, 2, 3))))
    greatest = {name: np.max([g for g, _ in rows], 0) for name, rows in seen.items()}
    return greatest, {name: np.mean([m for _, m in rows], 0) for name, rows in seen.items()}


def divisors(network, greatest):
    """By what to divide each channel of each tensor."""
    groups, channels = Groups(), {"images": None}
    for node in network.nodes + network.last:
        first, out = node.input[0], node.output[0]
        if node.op_type == "Conv":
            channels[out] = groups.new(len(network.weights(node)[0]))
        elif node.op_type == "Concat":
            channels[out] = [c for name in node.input for c in channels[name]]
        else:
            channels[out] = channels[first]
        if node.op_type == "Add":
            for pair in zip(channels[first], channels[node.input[1]]):
                groups.join(*pair)
    count = len(groups.parents)
    size, weight = np.zeros(count), np.zeros(count)
    for name in network.activations:
        at_least = greatest[name].max() * SMALLEST_SHARE
        for c, value in zip(channels[name], greatest[name]):
            size[groups.of(c)] = max(size[groups.of(c)], value, at_least)
    for node in network.convolutions:
        # Weights in float, or with a scale for every channel that they read, take any factor.
        if node.name in network.in_float or depthwise(node):
            continue
        w = np.abs(network.weights(node)[0][..., 0, 0])
        share = (w / np.maximum(w.max(1, keepdims=True), 1e-12)).max(0)
        for c, value in zip(channels[node.input[0]], share):
            weight[groups.of(c)] = max(weight[groups.of(c)], value, 1e-3)
    factor = np.where(weight > 0, np.sqrt(size / np.maximum(weight, 1e-3)), size)
    for node in network.last:
        for c in channels[node.output[0]]:
            factor[groups.of(c)] = 1
    factor[factor == 0] = 1
    return {name: factor[[groups.of(c) for c in of]] for name, of in channels.items() if of is not None}


def equalised(network, by):
    """Weights and biases of all convolutions, for channels divided as `divisors` says."""
    weights = {}
    for node in network.convolutions + network.last:
        w, b = network.weights(node)
        out = by[node.output[0]]
        w = w / out[:, None, None, None]
        if node.input[0] in by:
            read = by[node.input[0]]
            w = w * (read[:, None, None, None] if depthwise(node) else read[None, :, None, None])
        weights[node.name] = w, b / out
    return weights


def scales(network, greatest):
    """A scale for each quantised tensor; one for all that are only brought together or enlarged, so that this costs nothing."""
    groups = Groups()
    names = [name for name in network.activations if network.read_in_8_bits(name)]
    number = dict(zip(names, groups.new(len(names))))
    for node in network.nodes:
        if node.op_type in ("Concat", "MaxPool", "Resize") and node.output[0] in number:
            for name in node.input:
                if name in number:
                    groups.join(number[name], number[node.output[0]])
    top = np.zeros(len(names))
    for name in names:
        group = groups.of(number[name])
        top[group] = max(top[group], greatest[name].max())
    return {name: np.float32(max(top[groups.of(number[name])], 1e-6) / ACTIVATION_STEPS) for name in names}


class Writer:
    """Nodes and arrays of the new graph."""

    def __init__(self):
        self.nodes, self.arrays = [], []

    def array(self, name, values):
        self.arrays.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def rows(self, name, source, shape):
        """Channels last."""
        last = self.node("Transpose", [source], f"{name}_last", perm=[0, 2, 3, 1])
        return self.node("Reshape", [last, self.array(f"{name}_shape", np.array(shape))], f"{name}_rows")


def convolution(writer, node, w, b, scale, mean):
    """Weights and bias as integers, the mean of what rounding adds taken from the bias."""
    # A channel that is all but zero has a bias that must fit 32 bits at the weights' scale.
    step = np.maximum(np.abs(w).max((1, 2, 3)) / WEIGHT_STEPS, np.maximum(np.abs(b) / scale / 2**30, 1e-12)).astype(np.float32)
    whole = np.round(w / step[:, None, None, None]).clip(-WEIGHT_STEPS, WEIGHT_STEPS)
    lost = (w - whole * step[:, None, None, None]).sum((2, 3))
    b = b + (lost[:, 0] * mean if depthwise(node) else lost @ mean)
    bias = np.round(b / (step * scale)).astype(np.int32)
    return [
        writer.node(
            "DequantizeLinear",
            [writer.array(f"{name}_whole", values), writer.array(f"{name}_step", by),
             writer.array(f"{name}_zero", np.zeros(len(by), values.dtype))],
            f"{name}_real",
            axis=0,
        )
        for name, values, by in ((node.input[1], whole.astype(np.int8), step), (node.input[2], bias, step * scale))
    ]


def quantised(model, pictures):
    """The network of an fp32 file in 8 bits, its ranges from `pictures` (each `[1, 3, H, W]`)."""
    network = Network(model)
    greatest, mean = measured(model, network.activations, pictures)
    by = divisors(network, greatest)
    weights = equalised(network, by)
    greatest, mean = ({name: of[name] / by[name] for name in network.activations} for of in (greatest, mean))
    scale = scales(network, greatest)
    shapes = _shapes(model)

    writer, real = Writer(), {}
    zero = writer.array("zero", np.uint8(0))

    def dequantised(source, name):
        return writer.node("DequantizeLinear", [source, f"{name}_scale", zero], f"{source}_real")

    last, ends = {n.name for n in network.last}, {n.output[0]: n for n in network.last}
    ours = {n.name for n in network.convolutions}
    for node in network.graph.node:
        out = node.output[0]
        if out in scale and node.op_type == "Resize":
            writer.array(f"{out}_scale", scale[out])
            real[out] = dequantised(_twice(writer, out, f"{node.input[0]}_8", shapes[node.input[0]]), out)
            continue
        if node.name in last:
            continue
        if node.op_type == "Reshape" and node.input[0] in ends:
            end = ends[node.input[0]]
            w, b = weights[end.name]
            _, channels, height, width = shapes[end.input[0]]
            rows = writer.rows(end.output[0], f"{end.input[0]}_8", [height * width, channels])
            given = [writer.array(end.input[1], w[..., 0, 0].astype(np.float32)), dequantised(rows, end.input[0])]
            given.append(writer.array(end.input[2], b[:, None].astype(np.float32)))
            product = writer.node("Gemm", given, f"{out}_flat", transB=1)
            writer.node("Unsqueeze", [product, writer.array(f"{out}_axis", np.array([0]))], out)
            continue
        copied = copy.deepcopy(node)
        copied.input[:] = [real.get(name, name) for name in node.input]
        if node.name in ours:
            w, b = weights[node.name]
            if node.name in network.in_float:
                writer.array(node.input[1], w.astype(np.float32))
                writer.array(node.input[2], b.astype(np.float32))
            else:
                copied.input[1:] = convolution(writer, node, w, b, scale[node.input[0]], mean[node.input[0]])
        writer.nodes.append(copied)
        if out in scale:
            writer.array(f"{out}_scale", scale[out])
            writer.node("QuantizeLinear", [out, f"{out}_scale", zero], f"{out}_8")
            real[out] = dequantised(f"{out}_8", out)

    result = copy.deepcopy(model)
    del result.graph.node[:], result.graph.initializer[:], result.graph.value_info[:]
    used, written = {i for n in writer.nodes for i in n.input}, {a.name for a in writer.arrays}
    result.graph.node.extend(n for n in writer.nodes if n.op_type != "Constant" or n.output[0] in used)
    result.graph.initializer.extend(writer.arrays)
    result.graph.initializer.extend(i for i in model.graph.initializer if i.name in used - written)
    onnx.checker.check_model(result)
    return result


def _twice(writer, name, source, shape):
    """Every pixel twice to the right and twice down, as copies of whole rows."""
    _, channels, height, width = shape
    line = writer.array(f"{name}_line", np.array([1, height, 1, 2 * width * channels]))
    size = writer.array(f"{name}_size", np.array([1, 2 * height, 2 * width, channels]))
    rows = writer.rows(name, source, [1, height, width, channels])
    wide = writer.node("Concat", [rows, rows], f"{name}_wide", axis=3)
    wide = writer.node("Reshape", [wide, line], f"{name}_lines")
    high = writer.node("Concat", [wide, wide], f"{name}_high", axis=2)
    high = writer.node("Reshape", [high, size], f"{name}_sized")
    return writer.node("Transpose", [high], f"{name}_8", perm=[0, 3, 1, 2])


def _shapes(model):
    inferred = onnx.shape_inference.infer_shapes(model)
    return {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in inferred.graph.value_info}
