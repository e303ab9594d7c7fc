#!/usr/bin/env bash
# ONNX Runtime opens no model with bfloat16 arithmetic on a processor, even one that has units for it; float16 it computes in float32.
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

print(f"onnxruntime {onnxruntime.__version__}")


def attempt(op, element, arity=2):
    """One operator in 16 bits, between casts from and to float32: valid since opset 13."""
    names = ["x", "w"][:arity]
    nodes = [helper.make_node("Cast", [name], [f"{name}16"], to=element) for name in names]
    nodes += [helper.make_node(op, [f"{name}16" for name in names], ["y16"])] if op else []
    nodes += [helper.make_node("Cast", ["y16" if op else "x16"], ["y"], to=TensorProto.FLOAT)]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2]) for name in names]
    graph = helper.make_graph(nodes, "half", inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        session.run(None, {name: np.ones((2, 2), np.float32) for name in names})
        return "runs"
    except Exception as error:
        return f"refused: {str(error).splitlines()[0][:110]}"


seen = {}
for op, arity in (("MatMul", 2), ("Add", 2), ("Sigmoid", 1), (None, 1)):
    for name, element in (("float16", TensorProto.FLOAT16), ("bfloat16", TensorProto.BFLOAT16)):
        seen[op, name] = attempt(op, element, arity)
        print(f"{op or 'casts alone'} in {name}: expected to run; {seen[op, name]}")
if any(seen[op, "float16"] != "runs" for op in ("MatMul", "Add", "Sigmoid", None)) or seen[None, "bfloat16"] != "runs":
    sys.exit("changed: what float16 or casts do")
if any(seen[op, "bfloat16"] == "runs" for op in ("MatMul", "Add", "Sigmoid")):
    sys.exit("changed: there is arithmetic of bfloat16")
PYTHON
