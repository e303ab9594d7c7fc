#!/usr/bin/env bash
# diffusers 0.42.1: add_noise of images in float16 adds no noise, or another amount, at small timesteps.
# Expected: the factor of the noise, sqrt(1 - alphas_cumprod[t]), to float16's 11 bits, as for images in float32.
# Seen: alphas_cumprod is rounded to the type of the images before it is subtracted from 1. Near 1, float16 has steps of
# 0.0005: at t = 0 and 1 there is no noise at all, at t = 5 of the cosine schedule a quarter more, at t = 10 a fifth less.
# Affected: pipelines in float16 that noise an image to condition on it: StableDiffusionUpscalePipeline (noise_level 20 by
# default: 4 % more noise than the network is conditioned on), IF super-resolution and StableUnCLIP at small noise_level.
# Instead: noise the image in float32 and cast it afterwards.
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
settings = {
    "IF, StableUnCLIP": {"beta_schedule": "squaredcos_cap_v2"},
    "Stable Diffusion x4 upscaler": {"beta_schedule": "scaled_linear", "beta_start": 0.0001, "beta_end": 0.02},
}
ratios = {}
for name, config in settings.items():
    scheduler = DDPMScheduler(**config)
    for t in (0, 1, 5, 10, 20, 100):
        factors = []
        for dtype in (torch.float32, torch.float16):
            image, noise = torch.zeros(1, dtype=dtype), torch.ones(1, dtype=dtype)
            factors.append(scheduler.add_noise(image, noise, torch.tensor([t])).item())
        ratios[name, t] = factors[1] / factors[0]
        print(f"{name}, t = {t}: expected a noise of {factors[0]:.5f} times its input; in float16: {factors[1]:.5f}")

none = {key for key, ratio in ratios.items() if ratio == 0}
wrong = {key for key, ratio in ratios.items() if abs(ratio - 1) > 0.01}
if none != {(name, t) for name in settings for t in (0, 1)} or wrong != {key for key in ratios if key[1] < 100}:
    sys.exit("changed: noise in float16")
PYTHON
