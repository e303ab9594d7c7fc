"""A checkpoint in PyTorch: `load.py load PATH` reads it into memory and writes a line of JSON; `load.py convert FROM TO` saves a .pt."""

import json
import resource
import sys
import time

import torch
from safetensors.torch import load_file

read = lambda path: torch.load(path, weights_only=True) if path.endswith(".pt") else load_file(path)
what, path, *to = sys.argv[1:]
if what == "convert":
    torch.save(read(path), to[0])
else:
    start = time.perf_counter()
    # A file may only be mapped; a copy is in memory.
    kept = {name: tensor.clone() for name, tensor in read(path).items()}
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
