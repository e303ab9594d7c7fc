import { command } from '../command.ts'
import { backendOption } from '../engine/backend-option.ts'
import { text } from '../inputs.ts'

export const evaluateCommand = command({
  name: 'evaluate',
  summary: 'evaluate samples of a trained run: their distance to real images, and their classes',
  about:
    'Samples the cascade of the run at its levels, and compares the features of the samples with those of real images. ' +
    'An evaluator is trained first, on the real images: of their classes, or of turns if they have none.',
  configuration: true,
  arguments: { run: text('the folder of a run', { value: 'RUN', required: true }) },
  options: {
    config: text("the configuration, if it has custom parts (the run's own)", { value: 'FILE' }),
    backend: backendOption,
  },
  examples: [
    { call: 'evaluate runs/flowers', does: 'as many samples as the configuration says' },
    { call: 'evaluate runs/flowers --evaluation.samples 5000', does: 'by more samples' },
  ],
  interrupted: 'Checkpoints are kept: the same command evaluates again.',
  run: () => import('./run.ts'),
})
