#!/usr/bin/env bash
# ONNX Runtime's float32 ReduceMean and ReduceSum add up in a few running sums: the error grows with the count.
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
node = helper.make_node("ReduceMean", ["x"], ["y"], keepdims=0)
inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])]
outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])]
graph = helper.make_graph([node], "mean", inputs, outputs)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.checker.check_model(model)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

off = {}
for log in (16, 20, 24):
    x = np.full(2**log, 0.1, np.float32)
    seen, expected = float(session.run(None, {"x": x})[0]), float(x.mean())
    off[log] = abs(seen / 0.1 - 1)
    print(f"mean of 2^{log} numbers 0.1: expected 0.1, as NumPy has it in float32 too ({expected:.7f}); seen {seen:.7f}, {off[log]:.1e} off")
    if abs(expected / 0.1 - 1) > 1e-6:
        sys.exit("changed: NumPy is off")
if not (off[24] > 5e-3 and off[20] > 3e-4 and off[16] > 2e-5):
    sys.exit("changed: ReduceMean has become more exact")
PYTHON
