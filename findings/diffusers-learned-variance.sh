#!/usr/bin/env bash
# diffusers 0.42.1: DDPMScheduler(variance_type="learned") takes the second half of the output for the variance, not its logarithm.
# Expected: the logarithm, as in the code of Improved DDPM (ModelVarType.LEARNED). "learned_range" does work in logarithms.
# Seen: a network that says -5 gets NaN from every step but the last. One that says exp(-5) = 0.0067 gets noise of that variance.
# Affected: everyone who samples with a network that learned log variances. Instead: apply exp() to that half before step().
# Takes about 6 GB while it runs, since the torch of PyPI brings CUDA along on Linux; no GPU is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys

import diffusers
import torch
from diffusers import DDPMScheduler

print(f"diffusers {diffusers.__version__}, torch {torch.__version__}")


def noise(variance_type, said, t=500):
    """Standard deviation of the noise that one step adds, where the network says a mean of 0 and `said` for the variance."""
    scheduler = DDPMScheduler(variance_type=variance_type)
    x = torch.zeros(1, 3, 64, 64)
    output = torch.cat([x, torch.full_like(x, said)], dim=1)
    return scheduler.step(output, t, x, generator=torch.Generator().manual_seed(0)).prev_sample.std().item()


log_variance = -5.0
expected = math.exp(log_variance / 2)
as_log, as_variance = noise("learned", log_variance), noise("learned", math.exp(log_variance))
print(f"learned, the network says {log_variance:g}: expected noise of {expected:.4f}; seen {as_log:.4f}")
print(f"learned, the network says {math.exp(log_variance):.4f}: seen noise of {as_variance:.4f}")

betas = DDPMScheduler().betas
in_range = noise("learned_range", 1.0)
print(f"learned_range, the network says 1, the upper end: expected {betas[500].sqrt():.4f}; seen {in_range:.4f}")

scheduler = DDPMScheduler(variance_type="learned")
x = torch.zeros(1, 3, 4, 4)
output = torch.cat([x, torch.full_like(x, log_variance)], dim=1)
lost = [int(t) for t in scheduler.timesteps if scheduler.step(output, int(t), x).prev_sample.isnan().any()]
print(f"learned, the network says {log_variance:g}: {len(lost)} of {len(scheduler.timesteps)} steps give NaN")

if abs(in_range / betas[500].sqrt().item() - 1) > 0.03:
    sys.exit("changed: learned_range")
if not math.isnan(as_log) or abs(as_variance / expected - 1) > 0.03 or lost != list(range(999, 0, -1)):
    sys.exit("changed: learned no longer takes the output for the variance")
PYTHON
