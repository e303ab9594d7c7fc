import { command } from '../command.ts'
import { evaluatedInputs } from '../run/evaluated-inputs.ts'

export const searchCommand = command({
  name: 'search',
  summary: 'choose the levels of conditioning augmentation of a trained run',
  about:
    'Tries the levels s of the configuration, truncated and not, one stage after the other, by the Fréchet distance of ' +
    'samples to real images (paper, Section 4.3). The cascade of the run gets the best. An evaluator is trained first, ' +
    'on the real images.',
  configuration: true,
  ...evaluatedInputs,
  examples: [
    { call: 'search runs/flowers', does: 'the levels of the configuration' },
    {
      call: 'search runs/flowers --stages.1.levels 0,50,100 --evaluation.samples 500',
      does: 'others, by more samples',
    },
  ],
  interrupted: 'The levels tried so far are kept: the same command resumes the search.',
  run: () => import('./run.ts'),
})
