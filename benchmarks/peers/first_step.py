"""The first training steps of a process in PyTorch: first_step.py THREADS CONFIG BATCH RESOLUTION VARIANT STEPS.

Writes a line of JSON after the first step, and another at the end.
"""

import json
import re
import sys
import time

import torch

from unet import UNet

threads, config, batch, resolution, variant, steps = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(0)
layout = torch.channels_last if "nhwc" in variant else torch.contiguous_format
config = json.loads(config)
model = UNet(**config).to(memory_format=layout)
run = torch.compile(model, dynamic=False) if variant.startswith("compile") else model
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
image = lambda: torch.randn(int(batch), config["in_channels"], int(resolution), int(resolution)).to(memory_format=layout)
x, noise, t = image(), image(), torch.randint(0, 1000, (int(batch),)).float()


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = torch.nn.functional.mse_loss(run(x, t), noise)
    loss.backward()
    optimizer.step()
    return loss.item()


times = []
for i in range(int(steps)):
    start = time.perf_counter()
    step()
    times.append((time.perf_counter() - start) * 1000)
    if i == 0:
        print("{}", flush=True)
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1])
print(json.dumps({"ms": times, "peakMiB": peak / 1024}))
