"""Checks every .onnx file of a folder: by the ONNX checker with strict shape inference, and for foreign operators.

Usage: check_onnx.py FOLDER. Files named for the target "portable" may use standard operators only.
"""

import sys
from pathlib import Path

import onnx

# ONNX Runtime's own operators, of which the checker knows nothing and takes what the file says.
CONTRIBUTED = "com.microsoft"


def problems(path: Path) -> list[str]:
    model = onnx.load(path)
    domains = {node.domain for node in model.graph.node} - {""}
    allowed = set() if path.stem.endswith("-portable") else {CONTRIBUTED}
    found = [f"operators of {domain}" for domain in domains - allowed]
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # the checker raises errors of several kinds
        found.append(str(error))
    return found


def main() -> int:
    files = sorted(Path(sys.argv[1]).glob("*.onnx"))
    kernels = {path.stem.split("-")[0] for path in files}
    failed = 0
    for path in files:
        for problem in problems(path):
            failed += 1
            print(f"{path.stem}: {problem}", file=sys.stderr)
    print(f"onnx {onnx.__version__}: {len(files)} graphs of {len(kernels)} kernels, {failed} problems")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
