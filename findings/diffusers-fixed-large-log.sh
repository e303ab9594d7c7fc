#!/usr/bin/env bash
# diffusers 0.42.1: DDPMScheduler(variance_type="fixed_large_log") gives NaN at every step but the last.
# Expected: the noise of "fixed_large", computed through the logarithm, just as "fixed_small_log" adds the noise of "fixed_small".
# Seen: 999 of 1000 steps are NaN, without a warning, because step() takes the square root of log(beta), which is negative.
# Affected: everyone who picks this name from the documented list. Instead: "fixed_large".
# Reported there: https://github.com/huggingface/diffusers/issues/14569
# Takes about 6 GB while it runs, since the torch of PyPI brings CUDA along on Linux; no GPU is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import diffusers
import torch
from diffusers import DDPMScheduler

print(f"diffusers {diffusers.__version__}, torch {torch.__version__}")


def steps(variance_type):
    """Every step alone, from a sample of zeros whose noise the network says is zero: what is left is the noise that the step adds."""
    scheduler = DDPMScheduler(variance_type=variance_type)
    x = torch.zeros(1, 3, 8, 8)
    generator = torch.Generator().manual_seed(0)
    return torch.cat([scheduler.step(x, int(t), x, generator=generator).prev_sample for t in scheduler.timesteps])


seen = {name: steps(name) for name in ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log")}
lost = {name: int(samples.isnan().flatten(1).any(1).sum()) for name, samples in seen.items()}
for name, count in lost.items():
    print(f"{name}: expected 0 steps with NaN; seen {count} of {len(seen[name])}")
apart = (seen["fixed_small"] - seen["fixed_small_log"]).abs().max().item()
print(f"fixed_small and fixed_small_log are {apart:.1e} apart")

if apart > 1e-5 or lost["fixed_small"] or lost["fixed_small_log"] or lost["fixed_large"]:
    sys.exit("changed: the other types of variance")
if lost["fixed_large_log"] != 999 or seen["fixed_large_log"][-1].isnan().any():
    sys.exit("changed: fixed_large_log")
PYTHON
