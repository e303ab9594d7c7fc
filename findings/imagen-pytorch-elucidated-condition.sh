#!/usr/bin/env bash
# imagen-pytorch 2.1.0: ElucidatedImagen conditions its super-resolution network on another number in sampling than in training.
# Expected: in training and sampling, the log-SNR of the noise in the low-resolution image, as Imagen does.
# Seen: in training the log-SNR (0.709 for time 0.2 of the default linear schedule), in sampling the time itself (0.2), which in
# training stands for another level: 0.2 is the log-SNR of time 0.244.
# Affected: everyone who samples a cascade of ElucidatedImagen: images have the noise of lowres_sample_noise_level, and the
# network is conditioned on another. Instead: override one_unet_sample, and hand on
# self.lowres_noise_schedule.get_condition(lowres_noise_times) as lowres_noise_times.
# The text encoder's configuration, which importing asks a server for, is given by hand; nothing here uses it.
# Takes about 6 GB while it runs, since the torch of PyPI brings CUDA along on Linux; no GPU is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check imagen-pytorch==2.1.0 torch==2.15.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import torch
from transformers import T5Config

T5Config.from_pretrained = classmethod(lambda cls, _: cls(d_model=768))
from imagen_pytorch import ElucidatedImagen, Imagen, Unet  # noqa: E402

print(f"imagen-pytorch {version('imagen-pytorch')}, torch {torch.__version__}")
TIME = 0.2


def conditions(kind, **options):
    """What the super-resolution network is conditioned on at one time, in training and in sampling."""
    size = dict(dim=8, dim_mults=(1, 2), num_resnet_blocks=1, layer_attns=False, layer_cross_attns=False, attn_heads=2)
    cascade = kind(unets=[Unet(cond_on_text=False, **size) for _ in range(2)], image_sizes=(8, 16),
                   condition_on_text=False, cond_drop_prob=0.0, lowres_sample_noise_level=TIME, **options)
    schedule = cascade.lowres_noise_schedule
    schedule.sample_random_times = lambda n, *, device: torch.full((n,), TIME, device=device)
    seen = []
    cascade.get_unet(2).to_lowres_time_hiddens.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].mean().item()))
    cascade(torch.rand(2, 3, 16, 16), unet_number=2)
    trained = seen.pop()
    cascade.sample(batch_size=2, use_tqdm=False)
    return round(schedule.log_snr(torch.tensor([TIME])).item(), 4), round(trained, 4), round(seen.pop(), 4)


torch.manual_seed(0)
found = {"Imagen": conditions(Imagen, timesteps=2), "ElucidatedImagen": conditions(ElucidatedImagen, num_sample_steps=2)}
for name, (expected, trained, sampled) in found.items():
    print(f"{name} at time {TIME}: expected the log-SNR {expected}; in training: {trained}; in sampling: {sampled}")
if found != {"Imagen": (0.7093, 0.7093, 0.7093), "ElucidatedImagen": (0.7093, 0.7093, TIME)}:
    sys.exit("changed: what the network is conditioned on")
PYTHON
