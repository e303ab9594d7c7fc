"""Networks of diffusers for check-diffusers.ts.

Usage: diffusers_unet.py make FOLDER   saves networks with random weights there, each with inputs and outputs
       diffusers_unet.py run FOLDER    loads each network there, and gives outputs for its inputs

Inputs and outputs are safetensors files, images as [N, H, W, C].
"""

import sys
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel, __version__
from safetensors.torch import load_file, save_file

N = 3
CONFIGS = {
    # google/ddpm-cifar10-32, at a quarter of the width
    "ddpm-cifar10": dict(
        sample_size=32, block_out_channels=(32, 64, 64, 64), layers_per_block=2, norm_eps=1e-6, freq_shift=1,
        flip_sin_to_cos=False, downsample_padding=0, attention_head_dim=None,
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    ),
    # google/ddpm-bedroom-256, church, cat and celebahq, at a quarter of width and resolution
    "ddpm-lsun": dict(
        sample_size=64, block_out_channels=(32, 32, 64, 64, 128, 128), layers_per_block=2, norm_eps=1e-6, freq_shift=1,
        flip_sin_to_cos=False, downsample_padding=0, attention_head_dim=None,
        down_block_types=("DownBlock2D",) * 4 + ("AttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "AttnUpBlock2D") + ("UpBlock2D",) * 4,
    ),
    # heads of a width, scale-shift norm, residual blocks that resample
    "adm": dict(
        sample_size=16, block_out_channels=(32, 64, 64), layers_per_block=1, attention_head_dim=16,
        resnet_time_scale_shift="scale_shift", downsample_type="resnet", upsample_type="resnet", out_channels=6,
        down_block_types=("ResnetDownsampleBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"),
    ),
    "class-conditional": dict(
        sample_size=16, block_out_channels=(32, 64), layers_per_block=1, num_class_embeds=10, norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    ),
    "wide-images-no-attention": dict(
        sample_size=(8, 24), in_channels=1, out_channels=1, block_out_channels=(16, 32), layers_per_block=2,
        norm_num_groups=4, add_attention=False, mid_block_scale_factor=2**0.5,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    ),
}
SAVED = {"class-conditional": dict(safe_serialization=False), "ddpm-lsun": dict(max_shard_size="3MB")}


def inputs_of(model):
    c = model.config
    size = (c.sample_size, c.sample_size) if isinstance(c.sample_size, int) else tuple(c.sample_size)
    inputs = {"xt": torch.randn(N, *size, c.in_channels), "noise": torch.tensor([0.0, 371.0, 999.0])}
    if c.num_class_embeds is not None:
        inputs["label"] = torch.arange(N, dtype=torch.int32) * 3
    return inputs


def output_of(model, inputs):
    label = inputs.get("label")
    with torch.no_grad():
        given = dict(class_labels=label.long()) if label is not None else {}
        output = model.eval()(inputs["xt"].permute(0, 3, 1, 2), inputs["noise"], **given).sample
    return output.permute(0, 2, 3, 1).contiguous()


def make(folder):
    torch.manual_seed(0)
    for name, config in CONFIGS.items():
        model = UNet2DModel(**config)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.02 * torch.randn_like(parameter))
        model.save_pretrained(folder / name, **SAVED.get(name, {}))
        DDPMScheduler(beta_schedule="linear", variance_type="fixed_large").save_pretrained(folder / name)
        inputs = inputs_of(model)
        save_file({**inputs, "output": output_of(model, inputs)}, folder / f"{name}.safetensors")
    print(f"diffusers {__version__}, PyTorch {torch.__version__}")


def run(folder):
    for config in sorted(folder.glob("*/config.json")):
        name = config.parent.name
        model = UNet2DModel.from_pretrained(config.parent, low_cpu_mem_usage=False)
        DDPMScheduler.from_pretrained(config.parent)
        output = output_of(model, load_file(folder / f"{name}.inputs.safetensors"))
        save_file({"output": output}, folder / f"{name}.output.safetensors")


if __name__ == "__main__":
    {"make": make, "run": run}[sys.argv[1]](Path(sys.argv[2]))
