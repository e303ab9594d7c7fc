#!/usr/bin/env bash
# webdataset 1.0.2: a hidden file in a folder of a shard cuts the sample around it in two, and nothing says so.
# Expected: `train/._1.jpg` is of no sample, as `._1.jpg` at the top and in `./` is, and train/1 has its label and its image.
# Seen: samples `train/` with `_1.jpg`, and two samples train/1: one with the label alone, one with the image alone.
# The reason: the name is split by ^((?:.*/|)[^.]+)[.]([^/]*)$, whose [^.]+ matches `train/` where the base name begins with a dot.
# Affected: everyone whose shards were packed by tar on macOS, which puts a `._` file before each file with extended attributes. With
# handler=warn_and_continue, or a pipeline that drops samples without an image, all labels are lost. Instead: COPYFILE_DISABLE=1 tar …,
# or select_files=lambda name: "/." not in name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webdataset==1.0.2 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys
import tarfile

import webdataset

print(f"webdataset {webdataset.__version__}")


def samples(names):
    with tarfile.open("shard.tar", "w") as file:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 1
            file.addfile(entry, io.BytesIO(b"1"))
    found = webdataset.WebDataset("shard.tar", shardshuffle=False)
    return [(sample["__key__"], [name for name in sample if not name.startswith("__")]) for sample in found]


seen = {}
for where in ("", "./", "train/"):
    names = [f"{where}{name}" for name in ("._1.cls", "1.cls", "._1.jpg", "1.jpg")]
    seen[where] = samples(names)
    print(f"{', '.join(names)}: expected one sample; {seen[where]}")
if seen[""] != [("1", ["cls", "jpg"])] or seen["./"] != [("./1", ["cls", "jpg"])]:
    sys.exit("changed: hidden files at the top")
if [key for key, _ in seen["train/"]] != ["train/", "train/1", "train/", "train/1"]:
    sys.exit("changed: hidden files in a folder")
PYTHON
