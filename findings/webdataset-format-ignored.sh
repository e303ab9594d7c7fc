#!/usr/bin/env bash
# webdataset 1.0.2: TarWriter(format=…) does nothing with a name and raises with a constant of tarfile; shards are always pax.
# Expected: format="USTAR_FORMAT", or tarfile.USTAR_FORMAT, writes 512 bytes of headers for each entry, as the default is said to.
# Seen: "USTAR_FORMAT" and "GNU_FORMAT" write pax headers, three times the bytes; tarfile.GNU_FORMAT raises a TypeError.
# The reason: the format is looked up by getattr, which takes texts alone, and then not passed to tarfile.open.
# Affected: shards of small entries, such as labels and small images, which are up to twice as large. Instead: mtime=0, since the
# pax header is there for the fraction of the time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webdataset==1.0.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys
import tarfile

import webdataset
from webdataset.writer import TarWriter

print(f"webdataset {webdataset.__version__}")


def written(**options):
    """Bytes of a shard of 100 labels, and whether it has pax headers; or the error."""
    file = io.BytesIO()
    try:
        with TarWriter(file, **options) as writer:
            for i in range(100):
                writer.write({"__key__": f"{i:06d}", "cls": i})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return len(file.getvalue()), b"mtime=" in file.getvalue()


ustar, pax = (112_640, False), (215_040, True)
seen = {}
for name, options, expected in (
    ("format='USTAR_FORMAT'", {"format": "USTAR_FORMAT"}, ustar),
    ("format='GNU_FORMAT'", {"format": "GNU_FORMAT"}, ustar),
    ("format=tarfile.GNU_FORMAT", {"format": tarfile.GNU_FORMAT}, ustar),
    ("mtime=0", {"mtime": 0}, ustar),
):
    seen[name] = written(**options)
    print(f"{name}: expected {expected[0]} bytes and no pax headers; {seen[name]}")
if seen["mtime=0"] != ustar:
    sys.exit("changed: shards without fractions of seconds")
if seen["format='USTAR_FORMAT'"] != pax or seen["format='GNU_FORMAT'"] != pax:
    sys.exit("changed: format")
if "TypeError" not in str(seen["format=tarfile.GNU_FORMAT"]):
    sys.exit("changed: constants of tarfile")
PYTHON
