import type { Command } from '../command.ts'

export const exportCommand: Command = {
  summary: 'write trained or published networks as ONNX, safetensors or for diffusers',
  usage: `cascade-diffusion export CHECKPOINT... --format onnx|safetensors|diffusers --out FOLDER [options]

Several checkpoints are the stages of a cascade, in order. Each is a training checkpoint of a stage,
a .pt file of improved- or guided-diffusion, a folder saved by diffusers, or the address of one of
these, which is downloaded once and kept.

  --format onnx          a file for each network, for onnxruntime-web and -node, and cascade.json,
                         which describes their inputs and how to sample them
  --format safetensors   the weights, with what is needed to build the network again
  --format diffusers     one network, for UNet2DModel.from_pretrained in Python
  --out FOLDER           where to write
  --float16              onnx: weights and most of the arithmetic in 16 bits
  --flags='FLAGS'        of .pt files: the training flags that the weights leave open, such as
                         --flags='--image_size 64 --num_heads 4'; published files need none
  --image-size N         height and width, of diffusers' networks whose config.json has none
  --low-resolution N     height and width of the input images, of super-resolution U-Nets
  --name NAME            the name of the file, of a U-Net that is not a stage (unet)`,
  run: async (args, io) => (await import('./run.ts')).runExport(args, io),
}
