#!/usr/bin/env bash
# ONNX Runtime's ReduceMax and ReduceMin of float32 lose a NaN unless it is the first number.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

print(f"onnxruntime {onnxruntime.__version__}, numpy {np.__version__}")


def run(op, shape, *arrays, **attributes):
    names = [f"x{i}" for i in range(len(arrays))]
    node = helper.make_node(op, names, ["y"], **attributes)
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name, x in zip(names, arrays)]
    graph = helper.make_graph([node], op, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip(names, arrays)))[0]


array = lambda *numbers: np.array(numbers, np.float32)
last, first = array(1, 2, np.nan, 3), array(np.nan, 1, 2, 3)
seen = {}
for op in ("ReduceMax", "ReduceMin"):
    for x in (first, last):
        expected = x.max() if op == "ReduceMax" else x.min()
        seen[op, x is first] = float(run(op, [], x, keepdims=0))
        print(f"{op} of {x}: expected {expected}, as NumPy has it; seen {seen[op, x is first]}")
pairwise = run("Max", [2], array(1, np.nan), array(np.nan, 1))
print(f"Max of [1 nan] and [nan 1]: expected [nan nan]; seen {pairwise}")
if not (np.isnan(seen["ReduceMax", True]) and seen["ReduceMax", False] == 3 and seen["ReduceMin", False] == 1):
    sys.exit("changed: what becomes of a NaN")
if not np.isnan(pairwise).all():
    sys.exit("changed: Max loses a NaN too")
PYTHON
