"""Times the PyTorch U-Net for a caller that speaks JSON lines: a command on stdin, its answer on stdout.

Its arguments are the number of threads and the network's configuration, as JSON.

start    {inputs, weights}                        reads x and noise [N, H, W, C] and t [N] from a safetensors file, makes random weights
                                                 and writes them to another, by the names of improved-diffusion
prepare  {work, variant, training, batch}         builds a fresh model in a variant; for training, chooses the fastest Adam
check    {work, variant, training, output, steps} forward: writes its output as NHWC; training: the losses of the next steps;
                                                 says how long the first took, in which torch.compile compiles
run      {work, variant, warmup, calls}           the milliseconds of each call
release  {work}                                   forgets what was prepared for a work
multiply {size, calls}                            the milliseconds of each product of two square matrices
gradients {bits, output}                          the output and all gradients of the mean squared error, in float32 or float64; the
                                                 latter as sums of two float32 numbers, "high." and "low."
"""

import gc
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

CONFIG = json.loads(sys.argv[2])
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


def batch(state, n, layout):
    image = lambda name: state[name][:n].permute(0, 3, 1, 2).contiguous(memory_format=layout)
    return image("x"), state["t"][:n], image("noise")


def forward(state, n, variant):
    model, layout = build(state, variant)
    model.eval().requires_grad_(False)
    run = compiled(model, variant, training=False)
    x, t, _ = batch(state, n, layout)

    def call():
        with torch.inference_mode():
            return run(x, t)

    return call, {}


def train(state, n, variant):
    adam, times = fastest_adam(state, variant)
    model, layout = build(state, variant)
    run = compiled(model, variant, training=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, **ADAMS[adam])
    x, t, noise = batch(state, n, layout)

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


def gradients(state, bits, output):
    """Of all images, by direct convolution in the plain layout."""
    model = UNet(**CONFIG)
    model.load_state_dict(state["weights"])
    dtype = {32: torch.float32, 64: torch.float64}[bits]
    model.to(dtype)
    image = lambda name: state[name].permute(0, 3, 1, 2).to(dtype)
    y = model(image("x"), state["t"])
    torch.nn.functional.mse_loss(y, image("noise")).backward()
    results = {"output": y.detach().permute(0, 2, 3, 1)}
    results.update({f"gradient.{name}": parameter.grad for name, parameter in model.named_parameters()})
    high = {name: value.to(torch.float32).contiguous() for name, value in results.items()}
    low = {name: (value - high[name].to(dtype)).to(torch.float32).contiguous() for name, value in results.items()}
    save_file({**{f"high.{k}": v for k, v in high.items()}, **{f"low.{k}": v for k, v in low.items()}}, output)


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
    if do == "multiply":
        a, b = torch.rand(2, command["size"], command["size"])
        return {"ms": [timed(lambda: a @ b) for _ in range(command["calls"])]}
    if do == "gradients":
        gradients(state, command["bits"], command["output"])
        return {}
    if do == "release":
        state["calls"] = {key: call for key, call in state["calls"].items() if key[0] != command["work"]}
        torch._dynamo.reset()
        gc.collect()
        return {}
    key = command["work"], command["variant"]
    if do == "prepare":
        make = train if command["training"] else forward
        state["calls"][key], details = make(state, command["batch"], command["variant"])
        return details
    call = state["calls"][key]
    if do == "check":
        start = time.perf_counter()
        first = call()
        seconds = time.perf_counter() - start
        if command["training"]:
            losses = [first.item()] + [call().item() for _ in range(command["steps"] - 1)]
            return {"losses": losses, "firstCallSeconds": seconds}
        save_file({"output": first.permute(0, 2, 3, 1).contiguous().clone()}, command["output"])
        return {"firstCallSeconds": seconds}
    if do == "run":
        for _ in range(command["warmup"]):
            call()
        return {"ms": [timed(call) for _ in range(command["calls"])]}
    raise ValueError(f"unknown command {do}")


def main():
    # Whatever else writes to stdout must not get between the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch.set_num_threads(int(sys.argv[1]))
    torch._dynamo.config.recompile_limit = 64
    say = lambda reply: print(json.dumps(reply), file=out, flush=True)
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": numpy.__version__}
    say({**versions, "threads": torch.get_num_threads(), "mkldnn": torch.backends.mkldnn.is_available()})
    state = {"calls": {}}
    for line in sys.stdin:
        try:
            say(answer(state, json.loads(line)))
        except Exception:
            say({"error": traceback.format_exc()})


main()
