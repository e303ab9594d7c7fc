import type { Command } from '../command.ts'

export const exportCommand: Command = {
  summary: 'write trained or published networks as ONNX, safetensors or for diffusers',
  usage: `cascade-diffusion export CHECKPOINT... --format onnx|safetensors|diffusers --out FOLDER [options]

Several checkpoints are the stages of a cascade, in order. Each is a training checkpoint of a stage,
a .pt file of improved- or guided-diffusion, a folder that diffusers has saved, or the address of one,
which is downloaded once and kept.

  --format onnx          a file for each network, for onnxruntime-web and -node, and cascade.json,
                         which says what they take and how to sample them
  --format safetensors   weights under our names, with all it takes to build the network again
  --format diffusers     one network, for UNet2DModel.from_pretrained in Python
  --out FOLDER           where to write
  --float16              onnx: weights and most of the arithmetic in 16 bits
  --flags='FLAGS'        of .pt files: what the weights cannot tell, as they were trained with:
                         --flags='--image_size 64 --num_heads 4'; known for files with a published name
  --image-size N         of diffusers' networks whose config.json has none: height and width
  --low-resolution N     of U-Nets that enlarge images: height and width of these
  --name NAME            names the file of a U-Net that is no stage (unet)`,
  run: async (args, io) => (await import('./run.ts')).runExport(args, io),
}
