"""Makes the tiny networks beside this file: they see colours, so what they must find can be told by heart.

    python fixtures.py FOLDER

Each looks at the mean of red, green and blue over the cells of strides 8, 16 and 32; cells of stride 16 score
that mean, the others nothing. The box of a cell is the cell. Needs the packages numpy and onnx; the files in
the tree were made with onnx 1.23.2.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEIGHT, STRIDES, CLASSES = 64, 32, (8, 16, 32), 3
CELLS = sum((WIDTH // s) * (HEIGHT // s) for s in STRIDES)


def boxes():
    columns = []
    for s in STRIDES:
        for line in range(HEIGHT // s):
            columns += [[(c + 0.5) * s, (line + 0.5) * s, s, s] for c in range(WIDTH // s)]
    return np.array(columns, np.float32).T[None]


def save(path, size=(HEIGHT, WIDTH), cells=CELLS, scale=1 / 255, input_type=TensorProto.FLOAT, extra_input=False,
         fails=False):
    nodes, parts = [], []
    source = "images"
    if input_type != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT))
        source = "floats"
    for s in STRIDES:
        weight = f"weight_{s}"
        nodes.append(helper.make_node("AveragePool", [source], [f"mean_{s}"], kernel_shape=[s, s], strides=[s, s]))
        nodes.append(helper.make_node("Reshape", [f"mean_{s}", "flat"], [f"flat_{s}"]))
        nodes.append(helper.make_node("Mul", [f"flat_{s}", weight], [f"score_{s}"]))
        parts.append(f"score_{s}")
    if fails:
        # Looks up a place that depends on the picture and does not exist.
        nodes.append(helper.make_node("ReduceMax", [source], ["brightest"], keepdims=0))
        nodes.append(helper.make_node("Cast", ["brightest"], ["place"], to=TensorProto.INT64))
        nodes.append(helper.make_node("Gather", ["boxes", "place"], ["there"], axis=1))
        nodes.append(helper.make_node("ReduceMin", ["there"], ["nothing"], keepdims=0))
        nodes.append(helper.make_node("Add", [parts[0], "nothing"], ["with_nothing"]))
        parts[0] = "with_nothing"
    nodes.append(helper.make_node("Concat", parts, ["scores"], axis=2))
    nodes.append(helper.make_node("Concat", ["boxes", "scores"], ["output"], axis=1))
    constants = [
        numpy_helper.from_array(boxes(), "boxes"),
        numpy_helper.from_array(np.array([1, CLASSES, -1], np.int64), "flat"),
    ]
    constants += [
        numpy_helper.from_array(np.array(scale if s == 16 else 0.0, np.float32), f"weight_{s}") for s in STRIDES
    ]
    inputs = [helper.make_tensor_value_info("images", input_type, [1, 3, *size])]
    if extra_input:
        inputs.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 4 + CLASSES, cells])]
    graph = helper.make_graph(nodes, "colours", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.producer_name = "lookout"
    onnx.checker.check_model(model)
    onnx.save(model, path)


folder = sys.argv[1]
save(f"{folder}/colours.onnx")
# Its scores are 0..10: as if the graph had no sigmoid.
save(f"{folder}/colours-too-sure.onnx", scale=10 / 255)
# Leaves its sizes open, but works for one only.
save(f"{folder}/colours-open.onnx", size=("height", "width"), cells="cells")
save(f"{folder}/colours-failing.onnx", fails=True)
save(f"{folder}/colours-bytes.onnx", input_type=TensorProto.UINT8)
save(f"{folder}/colours-two-inputs.onnx", extra_input=True)
