import { command } from '../command.ts'
import { oneOf, text } from '../inputs.ts'

export const summaryCommand = command({
  name: 'summary',
  summary: 'print the layers, parameters and multiply-adds of a network',
  arguments: {
    network: text(
      "one of the paper's presets, by name; a .json file with the configuration of a U-Net or an encoder; or a " +
        'checkpoint, as for `cascade-diffusion export`. Without it, the presets are listed',
      { value: 'NETWORK' },
    ),
  },
  options: {
    by: oneOf(['block', 'layer'], 'a line for each block, or for each layer', { value: 'PART', default: 'block' }),
    flags: text('of .pt files: the settings that the weights leave open', { value: 'FLAGS' }),
  },
  examples: [
    { call: 'summary', does: 'the presets of the paper' },
    { call: 'summary imagenet-64-256 --by layer', does: 'every layer of one of them' },
    { call: 'summary runs/quickstart/checkpoints/base.safetensors', does: 'the network of a trained stage' },
  ],
  run: () => import('./run.ts'),
})
