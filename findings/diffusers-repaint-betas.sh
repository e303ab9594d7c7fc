#!/usr/bin/env bash
# diffusers 0.42.1: RePaintScheduler with trained_betas saves a file that it cannot load.
# Expected: from_pretrained gives back what save_pretrained wrote, as it does for DDPMScheduler with the same betas.
# Seen: TypeError, because the betas must be a NumPy array and the JSON file holds a list.
# Affected: everyone who saves a RePaint pipeline with betas of its own. Instead: give the array again when loading, as in
# RePaintScheduler.from_pretrained(folder, trained_betas=np.array(betas, np.float32)).
# Takes about 6 GB while it runs, since the torch of PyPI brings CUDA along on Linux; no GPU is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import tempfile
from pathlib import Path

import diffusers
import numpy as np
from diffusers import DDPMScheduler, RePaintScheduler

print(f"diffusers {diffusers.__version__}, numpy {np.__version__}")
betas = np.array([0.125, 0.25, 0.5], np.float32)


def attempt(make):
    try:
        scheduler = make()
    except TypeError as error:
        return f"{type(error).__name__}: {error}"
    return "loads" if np.array_equal(scheduler.betas.numpy(), betas) else "loads other betas"


seen = {}
for scheduler in (DDPMScheduler, RePaintScheduler):
    with tempfile.TemporaryDirectory() as folder:
        scheduler(num_train_timesteps=3, trained_betas=betas).save_pretrained(folder)
        saved = json.loads(Path(folder, "scheduler_config.json").read_text())["trained_betas"]
        seen[scheduler, "file"] = attempt(lambda: scheduler.from_pretrained(folder))
        seen[scheduler, "file and array"] = attempt(lambda: scheduler.from_pretrained(folder, trained_betas=betas))
    seen[scheduler, "list"] = attempt(lambda: scheduler(num_train_timesteps=3, trained_betas=saved))
    print(f"{scheduler.__name__}: saved trained_betas {saved}")
    print(f"  its own file: expected to load; seen: {seen[scheduler, 'file']}")
    print(f"  a list handed in: {seen[scheduler, 'list']}")
    print(f"  its own file, the array handed in besides: {seen[scheduler, 'file and array']}")

refused = {key for key, outcome in seen.items() if outcome != "loads"}
if refused != {(RePaintScheduler, "file"), (RePaintScheduler, "list")}:
    sys.exit("changed: which betas are taken")
PYTHON
