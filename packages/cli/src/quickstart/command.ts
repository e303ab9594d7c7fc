import { command } from '../command.ts'
import { backendOption } from '../engine/backend-option.ts'
import { flag, integer, oneOf, text } from '../inputs.ts'

export const quickstartCommand = command({
  name: 'quickstart',
  summary: 'train, sample and evaluate a small cascade on real images, and write a report',
  options: {
    dataset: oneOf(
      ['mnist', 'dicebear'],
      'mnist: real handwritten digits, 8×8 → 32×32; dicebear: procedural art in colour, 16×16 → 64×64',
      { default: 'mnist' },
    ),
    fast: flag('a rough picture in about two minutes'),
    backend: backendOption,
    seed: integer('other weights, batches and noise', { default: 0 }),
    out: text('where to write. Default: runs/quickstart; with --fast or other data, a folder of that name', {
      value: 'FOLDER',
    }),
    restart: flag('train from scratch instead of resuming from earlier checkpoints'),
  },
  examples: [
    { call: 'quickstart --fast', does: 'handwritten digits in about two minutes' },
    { call: 'quickstart --dataset dicebear --out runs/art', does: 'drawings in colour' },
  ],
  interrupted: 'Checkpoints are kept: the same command resumes from them.',
  run: () => import('./run.ts'),
})
