"""Every scheduler of diffusers with several configurations, for check-schedulers.ts.

Usage: diffusers_schedulers.py FILE        writes JSON: the classes with their settings, and of those with betas the numbers they compute
       diffusers_schedulers.py load FILE   of a list of DDPMScheduler's settings, all products of alphas, in place of the settings

The numbers are computed in float64: schedulers ask for torch.float32 by name, which stands for float64 while they are made.
"""

import inspect
import json
import math
import sys
import warnings

import torch

warnings.simplefilter("ignore")
import diffusers  # noqa: E402
from diffusers import schedulers  # noqa: E402

diffusers.utils.logging.set_verbosity_error()
torch.set_default_dtype(torch.float64)

X, OUT, PART = 0.7, -0.4, 0.3  # an image of one value, the network's output for it, and its say about the variance
VARIANCES = ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned_range")


def settings_of(name):
    """Name and default of each setting; None where there is none, and for -Infinity, which is not JSON.

    Of names that are exported but not there, nothing.
    """
    cls = getattr(schedulers, name, None)
    if cls is None:
        return {}
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    plain = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return {p.name: None if p.default in (p.empty, -math.inf) else p.default for p in plain}


def made(cls, given):
    float32 = torch.float32
    torch.float32 = torch.float64
    try:
        return cls(**given)
    finally:
        torch.float32 = float32


def configurations(name, settings):
    """Settings that are not the defaults; nothing is clipped, so that predictions show."""
    plain = {key: False for key in ("clip_sample", "thresholding") if key in settings}
    if name == "PNDMScheduler":
        plain["set_alpha_to_one"] = True  # its last step then gives the data that it sees
    v = {"prediction_type": "v_prediction"} if name not in ("UnCLIPScheduler", "RePaintScheduler") else {}
    sample = {"prediction_type": "sample"} if name not in ("PNDMScheduler", "RePaintScheduler") else {}
    yield plain
    yield {**plain, **sample, "num_train_timesteps": 100, "beta_schedule": "squaredcos_cap_v2"}
    if "beta_start" in settings:
        yield {**plain, **v, "beta_start": 0.0009, "beta_end": 0.0145, "beta_schedule": "scaled_linear"}
        yield {**plain, "beta_start": 0.0015, "beta_end": 0.0195, "beta_schedule": "linear", "num_train_timesteps": 500}
    if "trained_betas" in settings and name != "RePaintScheduler":  # there they may not be a list, as they are in JSON
        yield {**plain, **v, "trained_betas": [0.001 * (i + 1) for i in range(40)], "num_train_timesteps": 40}
    if "rescale_betas_zero_snr" in settings:
        yield {**plain, **v, "rescale_betas_zero_snr": True}
    if "snr_shift_scale" in settings:
        yield {**plain, **v, "snr_shift_scale": 1.0, "rescale_betas_zero_snr": True}
    if name in ("DDPMScheduler", "DDPMParallelScheduler", "RePaintScheduler"):
        yield {**plain, "beta_schedule": "sigmoid", "beta_start": 1e-7, "beta_end": 2e-3}
    if name in ("DDPMScheduler", "DDPMParallelScheduler"):
        yield {**plain, "beta_schedule": "laplace"}
    if name == "HeunDiscreteScheduler":
        yield {**plain, "beta_schedule": "exp"}


def x0_of(name, scheduler, t):
    """The data that the scheduler sees in X at step t if the network says OUT."""
    T = scheduler.config.num_train_timesteps
    bar = scheduler.alphas_cumprod[t]
    a, s = bar**0.5, (1 - bar) ** 0.5
    one = lambda value: torch.full((1, 1, 1, 1), float(value))
    x, out = one(X), one(OUT)
    if name == "PNDMScheduler":
        return scheduler._get_prev_sample(x, t, -1, out).item()
    if name in ("LCMScheduler", "TCDScheduler"):
        scheduler.set_timesteps(timesteps=[t], original_inference_steps=T)
        if name == "LCMScheduler":
            c_skip, c_out = scheduler.get_scalings_for_boundary_condition_discrete(t)
            return ((scheduler.step(out, t, x).denoised - c_skip * x) / c_out).item()
        # Its result is noised again to step 0 with the noise that it sees in X.
        to = scheduler.alphas_cumprod[0]
        noised = scheduler.step(out, t, x, eta=0.0).prev_sample
        return ((noised - (1 - to) ** 0.5 * x / s) / (to**0.5 - (1 - to) ** 0.5 * a / s)).item()
    if name.startswith(("DDPM", "UnCLIP")):
        return scheduler.step(out, t, x).pred_original_sample.item()
    if name.startswith("CogVideoXDPM"):
        scheduler.set_timesteps(T)
        return scheduler.step(out, None, t, None, x, return_dict=False)[1].item()
    if name == "RePaintScheduler":
        scheduler.set_timesteps(T, jump_length=1, jump_n_sample=1)
        return scheduler.step(out, t, x, x, one(0)).pred_original_sample.item()
    if name.startswith(("DDIM", "CogVideoX")):
        scheduler.set_timesteps(T)
        inverse = name == "DDIMInverseScheduler"
        return scheduler.step(out, t + 1 if inverse else t, x).pred_original_sample.item()
    # Those that work with sigma / alpha: one step whose level is set by hand, in float64.
    scheduler.set_timesteps(10)
    scheduler._step_index = 0
    scheduler.sigmas = scheduler.sigmas.double().clone()
    scheduler.sigmas[0] = s / a
    first = scheduler.timesteps[0]
    if hasattr(scheduler, "convert_model_output"):
        converted = scheduler.convert_model_output(out, sample=x)
        return ((x - s * converted) / a if name == "DEISMultistepScheduler" else converted).item()
    try:
        step = scheduler.step(out, first, x / a)
    except NotImplementedError:  # of 'sample', in some
        return None
    return step.pred_original_sample.item()


def variances_of(name, given):
    """By step and kind, the variance of p(x_{t-1} | x_t)."""
    cls = getattr(schedulers, name)
    kinds = VARIANCES if name.startswith("DDPM") else ("fixed_small_log", "learned_range")
    found = {}
    for kind in kinds:
        scheduler = made(cls, {**given, "variance_type": kind})
        T = scheduler.config.num_train_timesteps
        values = {}
        for t in (1, T // 2, T - 1):
            value = float(scheduler._get_variance(t, predicted_variance=torch.tensor(PART)))
            # What it gives is a standard deviation, or the logarithm of the variance.
            logarithm = kind in ("learned_range", "fixed_large_log")
            values[t] = math.exp(value) if logarithm else value**2 if kind == "fixed_small_log" else value
        found[kind] = values
    return found


def case_of(name, given):
    scheduler = made(getattr(schedulers, name), given)
    T = scheduler.config.num_train_timesteps
    at = (0, 1, T // 2, T - 1)
    # Of a process that ends in pure noise some set the last product by hand, for their own arithmetic.
    zero = scheduler.config.get("rescale_betas_zero_snr") and not name.startswith("CogVideoX")
    products = torch.cumprod(1 - scheduler.betas, 0) if zero else scheduler.alphas_cumprod
    case = {"class": name, "given": given, "alphas_cumprod": {t: products[t].item() for t in at}}
    if not name.startswith("CogVideoX"):
        case["betas"] = {t: scheduler.betas[t].item() for t in at}
    case["x0"] = {t: x0_of(name, made(getattr(schedulers, name), given), t) for t in at[1:3]}
    if "variance_type" in given or name.startswith(("DDPM", "UnCLIP")):
        case["variance"] = variances_of(name, given)
    elif name in ("DDIMScheduler", "DDIMParallelScheduler", "CogVideoXDDIMScheduler"):
        case["variance"] = {None: {t: scheduler._get_variance(t, t - 1).item() for t in at[1:]}}
    return case


def spacings():
    """Which steps are taken, for the spacings that both sides have."""
    whole = [(name, "leading", n) for name in ("DDPMScheduler", "DDIMScheduler") for n in (5, 10)]
    names = ("DDPMScheduler", "DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler")
    for name, spacing, n in [*whole, *((name, "linspace", n) for name in names for n in (5, 7, 10))]:
        scheduler = getattr(schedulers, name)(timestep_spacing=spacing)
        scheduler.set_timesteps(n)
        yield {"class": name, "spacing": spacing, "count": n, "timesteps": scheduler.timesteps.tolist()}


def main(path):
    names = sorted(name for name in dir(schedulers) if name.endswith("Scheduler"))
    classes = {name: settings_of(name) for name in names}
    with_betas = [name for name in names if "beta_schedule" in classes[name]]
    cases = [case_of(name, given) for name in with_betas for given in configurations(name, classes[name])]
    versions = {"diffusers": diffusers.__version__, "torch": torch.__version__}
    json.dump({"versions": versions, "x": X, "output": OUT, "part": PART, "classes": classes, "cases": cases, "spacings": list(spacings())}, open(path, "w"))
    print(f"diffusers {diffusers.__version__}, PyTorch {torch.__version__}: {len(names)} schedulers, {len(with_betas)} with betas, {len(cases)} configurations")


def load(path):
    known = settings_of("DDPMScheduler").keys() | {"_class_name", "_diffusers_version"}
    found = []
    for given in json.load(open(path)):
        assert given.keys() <= known, given.keys() - known
        scheduler = made(schedulers.DDPMScheduler, {key: value for key, value in given.items() if key[0] != "_"})
        config = schedulers.DDPMScheduler.from_config(given).config
        assert all(config[key] == value for key, value in given.items() if key[0] != "_")
        found.append(scheduler.alphas_cumprod.tolist())
    json.dump(found, open(path, "w"))


if __name__ == "__main__":
    load(sys.argv[2]) if sys.argv[1] == "load" else main(sys.argv[1])
