"""Sums and group normalisations by PyTorch: sums.py THREADS INPUTS OUTPUT.

Of each tensor of the safetensors file INPUTS, by its name: "mean", "squares" and "columns" are added up; those of "norm NAME.x",
".dy" [N, H, W, C], ".scale" and ".shift" are normalised in 2 groups, with the gradients of the sum of y·dy. OUTPUT has each
result in float32, and in float64 as the sum of two float32 numbers: "float32.", "high." and "low.".
"""

import sys

import torch
from safetensors.torch import load_file, save_file

SUMS = {
    "mean": lambda x: x.mean(),
    "squares": lambda x: (x * x).sum(),
    "columns": lambda x: x.sum(0),
}


def norm(x, dy, scale, shift):
    x = x.permute(0, 3, 1, 2).contiguous().requires_grad_()
    scale, shift = scale.requires_grad_(), shift.requires_grad_()
    y = torch.nn.functional.group_norm(x, 2, scale, shift, 1e-5)
    y.backward(dy.permute(0, 3, 1, 2).contiguous())
    image = lambda t: t.permute(0, 2, 3, 1)
    return {"y": image(y.detach()), "dx": image(x.grad), "scale": scale.grad, "shift": shift.grad}


def results(inputs, dtype):
    given = {name: tensor.to(dtype) for name, tensor in inputs.items()}
    found = {name: sum(given[name]).reshape(-1) for name, sum in SUMS.items()}
    for name in sorted({name.split(".")[0] for name in given if name.startswith("norm ")}):
        parts = norm(*(given[f"{name}.{part}"].clone() for part in ("x", "dy", "scale", "shift")))
        found.update({f"{name}.{part}": value for part, value in parts.items()})
    return found


threads, path, output = sys.argv[1:]
torch.set_num_threads(int(threads))
inputs = load_file(path)
single, double = results(inputs, torch.float32), results(inputs, torch.float64)
high = {name: value.to(torch.float32) for name, value in double.items()}
low = {name: (value - high[name].double()).to(torch.float32) for name, value in double.items()}
parts = {"float32": single, "high": high, "low": low}
save_file({f"{part}.{name}": value.contiguous() for part, of in parts.items() for name, value in of.items()}, output)
print(torch.__version__)
