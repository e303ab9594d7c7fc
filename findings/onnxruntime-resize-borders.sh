#!/usr/bin/env bash
# ONNX's antialiased Resize is what Pillow and PyTorch do only with exclude_outside; the default differs at the borders.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
import PIL
from onnx import TensorProto, helper
from PIL import Image

print(f"onnxruntime {onnxruntime.__version__}, Pillow {PIL.__version__}")
row = np.array([[0, 0, 255, 255, 0, 0, 255, 255]], np.float32)


def resized(mode, exclude_outside):
    attributes = dict(mode=mode, antialias=1, cubic_coeff_a=-0.5, coordinate_transformation_mode="half_pixel")
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], exclude_outside=exclude_outside, **attributes)
    sizes = helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 1, 1, 3])
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, 8])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 3])]
    graph = helper.make_graph([node], "resize", inputs, outputs, [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": row[None, None]})[0][0, 0]


changed = False
for mode, resample in (("linear", Image.BILINEAR), ("cubic", Image.BICUBIC)):
    pillow = np.asarray(Image.fromarray(row).resize((3, 1), resample))
    default, excluding = resized(mode, 0), resized(mode, 1)
    print(f"{row[0]} to 3 pixels, {mode}: expected as Pillow {pillow[0].round(2)}")
    print(f"  seen by default {default[0].round(2)}, with exclude_outside {excluding[0].round(2)}")
    changed |= not (np.abs(default - pillow).max() > 5 and np.abs(excluding - pillow).max() < 0.01)
if changed:
    sys.exit("changed: which of the two is Pillow's")
PYTHON
