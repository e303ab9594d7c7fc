import { command } from '../command.ts'
import { text } from '../inputs.ts'

export const inspectCommand = command({
  name: 'inspect',
  summary: 'say what a checkpoint, a file of weights, a cascade, a run or a folder of samples is',
  about:
    'PATH is any file or folder: a training checkpoint; weights as safetensors, PyTorch, .npz, Keras or TensorFlow.js; ' +
    'a saved cascade; a run; samples; an export. No weights are computed with; damaged files are errors. ' +
    '`data inspect` looks at images.',
  arguments: { path: text('a file or a folder', { value: 'PATH', required: true }) },
  options: {
    flags: text('of .pt files: the settings that the weights leave open', { value: 'FLAGS' }),
  },
  examples: [
    { call: 'inspect runs/flowers', does: 'which stages are trained, to which step' },
    { call: 'inspect model.pt --json', does: 'the tensors of a file, for programs' },
  ],
  run: () => import('./run.ts'),
})
