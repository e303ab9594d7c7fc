import { command } from '../command.ts'
import { flag, text } from '../inputs.ts'

export const convertCommand = command({
  name: 'convert',
  summary: 'write weights in another format: a stage of a checkpoint, safetensors, .npz',
  about:
    'A training checkpoint of a stage becomes a file of the stage, a quarter of its size: the averaged weights, and what ' +
    'is needed to build the network again. All other weights keep the names that they have in their file; files of ' +
    'PyTorch, Keras and TensorFlow.js are read too. `export` writes networks for other programs: ONNX, diffusers.',
  arguments: { weights: text('a file of weights', { value: 'WEIGHTS', required: true }) },
  options: {
    out: text('the file to write: its ending, .safetensors or .npz, is the format', { value: 'FILE', required: true }),
    average: text('the moving average of a training checkpoint; `none` for the weights themselves (the first)', {
      value: 'NAME',
    }),
    prefix: text('only the tensors whose names begin so, without it: ema.', { value: 'PREFIX' }),
    force: flag('write over a file that is there'),
  },
  examples: [
    { call: 'convert runs/flowers/checkpoints/base.safetensors --out base.safetensors', does: 'a stage to publish' },
    { call: 'convert model.pt --out model.safetensors', does: 'the tensors of PyTorch, under their names' },
    { call: 'convert model.pt --prefix ema. --out ema.npz', does: 'some of them, for NumPy' },
  ],
  run: () => import('./run.ts'),
})
