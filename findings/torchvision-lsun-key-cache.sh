#!/usr/bin/env bash
# torchvision 0.29.2: LSUN reads the keys of another database, or of an earlier state, from its cache file.
# Expected: the images of the database that is opened; if its keys are cached, they are recognised as its own.
# Seen: the cache lies in the working directory, is named by the letters of the path alone, and is never compared with the database.
# After lsun1/bedroom_train_lmdb, lsun2/bedroom_train_lmdb fails with a TypeError of BytesIO. After an image is added, a loop over the
# data set leaves it out without an error, though len() counts it.
# Affected: everyone with versions, sizes or shards of a set in folders that differ by digits, and everyone who extends one.
# Instead: delete _cache_* in the working directory after every change, or work in a new directory.
# Takes about 6 GB while it runs, since the torch of PyPI brings CUDA along on Linux; no GPU is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torchvision==0.29.2 torch==2.15.0 lmdb==3.0.0 pillow==13.0.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import glob
import io
import os
import sys

import lmdb
import torchvision
from PIL import Image
from torchvision.datasets import LSUN

print(f"torchvision {torchvision.__version__}, lmdb {lmdb.__version__}")


def write(root, images):
    """A database of LSUN's form: keys and encoded pictures, here of one grey each."""
    with lmdb.open(f"{root}/bedroom_train_lmdb", map_size=1 << 20) as env, env.begin(write=True) as txn:
        for key, grey in images.items():
            data = io.BytesIO()
            Image.new("RGB", (8, 8), (grey, grey, grey)).save(data, "png")
            txn.put(key, data.getvalue())


def greys(root):
    dataset = LSUN(root, classes=["bedroom_train"])
    try:
        read = [image.getpixel((0, 0))[0] for image, _ in dataset]
    except TypeError as error:
        read = f"TypeError: {error}"
    length = len(dataset)
    for part in dataset.dbs:
        part.env.close()
    return length, read


for root in ("lsun1", "lsun2"):
    os.mkdir(root)
write("lsun1", {b"a": 10, b"c": 30})
write("lsun2", {b"x": 200, b"y": 210})
first, second = greys("lsun1"), greys("lsun2")
print(f"lsun1: expected (2, [10, 30]); seen {first}")
print(f"lsun2: expected (2, [200, 210]); seen {second}")
write("lsun1", {b"b": 20})
longer = greys("lsun1")
print(f"lsun1 and one image more: expected (3, [10, 20, 30]); seen {longer}")
print(f"caches: {glob.glob('_cache_*')}")
if first != (2, [10, 30]) or second[0] != 2 or not isinstance(second[1], str) or longer != (3, [10, 30]):
    sys.exit("changed: whose keys LSUN reads")
PYTHON
