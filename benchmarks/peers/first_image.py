"""Samples one image by a network that diffusers loads: first_image.py FOLDER STEPS OUT."""
import json
import sys

from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

folder, steps, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
unet = UNet2DModel.from_pretrained(folder)
pipeline = DDIMPipeline(unet=unet, scheduler=DDIMScheduler.from_pretrained(folder))
pipeline.set_progress_bar_config(disable=True)
pipeline(batch_size=1, num_inference_steps=steps).images[0].save(out)

import diffusers  # noqa: E402
import torch  # noqa: E402

print(json.dumps({
    "torch": torch.__version__,
    "diffusers": diffusers.__version__,
    "threads": torch.get_num_threads(),
    "parameters": sum(p.numel() for p in unet.parameters()),
}))
