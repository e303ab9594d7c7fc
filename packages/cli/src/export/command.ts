import { command } from '../command.ts'
import { flag, integer, many, oneOf, text } from '../inputs.ts'

export const exportCommand = command({
  name: 'export',
  summary: 'write trained or published networks as ONNX, safetensors or for diffusers',
  about:
    'Several checkpoints are the stages of a cascade, in the order of sampling. Each is a run or a saved cascade, which ' +
    'stands for its stages, a training checkpoint of a stage, a .pt file of improved- or guided-diffusion, a folder saved by diffusers, or the address of one of these, ' +
    'which is downloaded once and kept.',
  arguments: { checkpoints: many(text('the networks', { value: 'CHECKPOINT', required: true })) },
  options: {
    format: oneOf(
      ['onnx', 'safetensors', 'diffusers'],
      'onnx: a file for each network, for onnxruntime-web and -node, and cascade.json, which describes their inputs ' +
        'and how to sample them; safetensors: the weights, with what is needed to build the network again; ' +
        'diffusers: one network, for UNet2DModel.from_pretrained in Python',
      { value: 'FORMAT', required: true },
    ),
    out: text('where to write', { value: 'FOLDER', required: true }),
    float16: flag('onnx: weights and most of the arithmetic in 16 bits'),
    flags: text(
      "of .pt files: the training flags that the weights leave open: --flags='--image_size 64 --num_heads 4'; " +
        'published files need none',
      { value: 'FLAGS' },
    ),
    imageSize: integer("height and width, of diffusers' networks whose config.json has none", { from: 1 }),
    lowResolution: integer('height and width of the input images, of super-resolution U-Nets', { from: 1 }),
    name: text('the name of the file, of a U-Net that is not a stage', { value: 'NAME', default: 'unet' }),
  },
  examples: [
    { call: 'export runs/flowers --format onnx --out web', does: 'the cascade of a run, for browsers' },
    {
      call: 'export base.safetensors sr.safetensors --format onnx --out web --float16',
      does: 'a cascade of two stages for browsers',
    },
    { call: 'export model.pt --format diffusers --out unet', does: 'a network of OpenAI for diffusers' },
  ],
  run: () => import('./run.ts'),
})
