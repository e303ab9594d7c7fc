"""Times the PyTorch U-Net for a caller that speaks JSON lines: a command on stdin, its answer on stdout.

start    {inputs, weights}                  reads x and noise [N, H, W, C] and t [N] from a safetensors file, makes random weights
                                           and writes them to another, by the names of improved-diffusion
prepare  {work, variant}                    builds a fresh model in a variant; for training, chooses the fastest Adam
check    {work, variant, output, steps}     forward: writes its output as NHWC; training: the losses of the next steps
run      {work, variant, warmup, calls}     the milliseconds of each call
"""

import json
import os
import statistics
import sys
import time
import traceback

import numpy
import torch
from safetensors.torch import load_file, save_file

from unet import UNet

CONFIG = dict(in_channels=3, out_channels=3, base=64, multipliers=(1, 2, 2), blocks=2, attention=(2, 4), heads=4)
LEARNING_RATE = 1e-4
ADAMS = {"single-tensor": dict(foreach=False), "foreach": dict(foreach=True), "fused": dict(fused=True)}


def build(state, variant):
    """A model with the common weights in the variant's memory layout, and that layout."""
    model = UNet(**CONFIG)
    model.load_state_dict(state["weights"])
    layout = torch.channels_last if "nhwc" in variant else torch.contiguous_format
    model.to(memory_format=layout)
    return model, layout


def compiled(model, variant, training):
    if not variant.startswith("compile"):
        return model
    return torch.compile(model, dynamic=False, options={} if training else {"freezing": True})


def batch(state, work, layout):
    n = int(work.split("-b")[1])
    image = lambda name: state[name][:n].permute(0, 3, 1, 2).contiguous(memory_format=layout)
    return image("x"), state["t"][:n], image("noise")


def forward(state, work, variant):
    model, layout = build(state, variant)
    model.eval().requires_grad_(False)
    run = compiled(model, variant, training=False)
    x, t, _ = batch(state, work, layout)

    def call():
        with torch.inference_mode():
            return run(x, t)

    return call, {}


def train(state, work, variant):
    adam, times = fastest_adam(state, variant)
    model, layout = build(state, variant)
    run = compiled(model, variant, training=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, **ADAMS[adam])
    x, t, noise = batch(state, work, layout)

    def call():
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(run(x, t), noise)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return call, {"adam": adam, "adamMs": times}


def fastest_adam(state, variant, rounds=9):
    """The quickest of PyTorch's implementations of Adam's update, by median, and the milliseconds of each."""
    steps = {}
    for name, options in ADAMS.items():
        model, _ = build(state, variant)
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, 1e-3)
        steps[name] = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, **options).step
    measured = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            measured[name].append(timed(step))
    medians = {name: statistics.median(times[1:]) for name, times in measured.items()}
    return min(medians, key=medians.get), medians


def timed(call):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def answer(state, command):
    do = command["do"]
    if do == "start":
        torch.manual_seed(0)
        state["weights"] = UNet(**CONFIG).state_dict()
        save_file(state["weights"], command["weights"])
        state.update(load_file(command["inputs"]))
        return {"parameters": sum(weight.numel() for weight in state["weights"].values())}
    key = command["work"], command["variant"]
    if do == "prepare":
        make = train if key[0].startswith("train") else forward
        state[key], details = make(state, *key)
        return details
    call = state[key]
    if do == "check":
        if key[0].startswith("train"):
            return {"losses": [call().item() for _ in range(command["steps"])]}
        save_file({"output": call().permute(0, 2, 3, 1).contiguous().clone()}, command["output"])
        return {}
    if do == "run":
        for _ in range(command["warmup"]):
            call()
        return {"ms": [timed(call) for _ in range(command["calls"])]}
    raise ValueError(f"expected start, prepare, check or run, got {do}")


def main():
    # Whatever else writes to stdout must not get between the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch.set_num_threads(int(sys.argv[1]))
    torch._dynamo.config.recompile_limit = 64
    say = lambda reply: print(json.dumps(reply), file=out, flush=True)
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": numpy.__version__}
    say({**versions, "threads": torch.get_num_threads(), "mkldnn": torch.backends.mkldnn.is_available()})
    state = {}
    for line in sys.stdin:
        try:
            say(answer(state, json.loads(line)))
        except Exception:
            say({"error": traceback.format_exc()})


main()
