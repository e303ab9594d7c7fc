#!/usr/bin/env bash
# diffusers 0.42.1: the index of a sharded variant, under its older name, is not found if a folder above it has a dot in its name.
# Expected: diffusion_pytorch_model.safetensors.fp16.index.json is still read, with a warning, wherever its folder lies.
# Seen: it loads from plain/unet. From v1.5/unet or ../plain/unet there is an OSError that names another file.
# The reason: "fp16" is put after the second dot of the whole path, not of the file's name.
# Affected: everyone who keeps such files below a folder like stable-diffusion-v1.5. Instead: rename the index to
# diffusion_pytorch_model.safetensors.index.fp16.json, the name of today, which is found everywhere.
# Takes about 6 GB while it runs, since the torch of PyPI brings CUDA along on Linux; no GPU is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import diffusers
from diffusers import UNet2DModel

print(f"diffusers {diffusers.__version__}")
warnings.simplefilter("ignore")
diffusers.logging.set_verbosity(diffusers.logging.CRITICAL)
diffusers.logging.disable_progress_bar()

old = "diffusion_pytorch_model.safetensors.fp16.index.json"
new = "diffusion_pytorch_model.safetensors.index.fp16.json"
blocks = {"down_block_types": ["DownBlock2D"] * 2, "up_block_types": ["UpBlock2D"] * 2, "block_out_channels": [32, 32]}
model = UNet2DModel(sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, **blocks)


def save(folder, index_name):
    """Shards and index under the names of the time; only names differ between the two formats."""
    model.save_pretrained(folder, variant="fp16", max_shard_size="400KB")
    index = json.loads((folder / new).read_text())
    (folder / new).unlink()
    if index_name == old:
        for shard in set(index["weight_map"].values()):
            (folder / shard).rename(folder / shard_of_old(shard))
        index["weight_map"] = {key: shard_of_old(shard) for key, shard in index["weight_map"].items()}
    (folder / index_name).write_text(json.dumps(index))


def shard_of_old(shard):
    """model.fp16-00001-of-00003.safetensors was model-00001-of-00003.fp16.safetensors."""
    stem, rest = shard.split(".fp16")
    return f"{stem}{rest.removesuffix('.safetensors')}.fp16.safetensors"


def attempt(path):
    try:
        loaded = UNet2DModel.from_pretrained(path, variant="fp16").state_dict()
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return "loads" if all(loaded[key].equal(value) for key, value in model.state_dict().items()) else "loads other weights"


seen = {}
for name, index_name in (("old", old), ("new", new)):
    with tempfile.TemporaryDirectory() as root:
        for folder in ("plain/unet", "v1.5/unet"):
            save(Path(root, folder), index_name)
        os.chdir(Path(root, "plain"))
        seen[name, "../plain/unet"] = attempt("../plain/unet")
        os.chdir(root)
        for path in ("plain/unet", "v1.5/unet"):
            seen[name, path] = attempt(path)
        os.chdir("/")
    print(f"{index_name}: expected to load from everywhere")
    for path in ("plain/unet", "v1.5/unet", "../plain/unet"):
        print(f"  {path}: {seen[name, path]}")

refused = {key for key, outcome in seen.items() if outcome != "loads"}
if refused != {("old", "v1.5/unet"), ("old", "../plain/unet")}:
    sys.exit("changed: where the index of a variant is found")
PYTHON
