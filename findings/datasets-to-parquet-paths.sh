#!/usr/bin/env bash
# Dataset.to_parquet of pictures that came from files writes the paths of this machine and no pictures; save_to_disk writes them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1 pillow==13.0.0
cd "$folder"
HF_HOME="$folder/cache" HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - <<'PYTHON'
import os
import sys

import datasets
import pyarrow.parquet as pq
from PIL import Image

datasets.disable_progress_bars()
print(f"datasets {datasets.__version__}")
os.makedirs("pictures/cat")
Image.new("RGB", (8, 8), "red").save("pictures/cat/0.png")
size = os.path.getsize("pictures/cat/0.png")
pictures = datasets.load_dataset("imagefolder", data_dir="pictures", split="train")
pictures.to_parquet("pictures.parquet")
pictures.save_to_disk("pictures-on-disk")
os.remove("pictures/cat/0.png")

row = pq.read_table("pictures.parquet")["image"][0].as_py()
print(f"bytes in pictures.parquet: expected {size}; seen {row['bytes'] and len(row['bytes'])}, and the path {row['path']}")
on_disk = datasets.load_from_disk("pictures-on-disk").cast_column("image", datasets.Image(decode=False))[0]["image"]
print(f"bytes from save_to_disk: expected {size}; seen {len(on_disk['bytes'])}, and the path {on_disk['path']}")
try:
    datasets.load_dataset("parquet", data_files="pictures.parquet", split="train")[0]
    print("once the file is gone, the picture is still there")
except FileNotFoundError as error:
    print(f"once the file is gone: {error}")
if row["bytes"] is not None:
    sys.exit("changed: to_parquet writes the pictures")
PYTHON
