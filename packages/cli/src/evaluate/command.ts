import { command } from '../command.ts'
import { evaluatedInputs } from '../run/evaluated-inputs.ts'

export const evaluateCommand = command({
  name: 'evaluate',
  summary: 'evaluate samples of a trained run: their distance to real images, and their classes',
  about:
    'Samples the cascade of the run at its levels, and compares the features of the samples with those of real images. ' +
    'An evaluator is trained first, on the real images: of their classes, or of turns if they have none.',
  configuration: true,
  ...evaluatedInputs,
  examples: [
    { call: 'evaluate runs/flowers', does: 'as many samples as the configuration says' },
    { call: 'evaluate runs/flowers --evaluation.samples 5000', does: 'by more samples' },
  ],
  interrupted: 'Checkpoints are kept: the same command evaluates again.',
  run: () => import('./run.ts'),
})
