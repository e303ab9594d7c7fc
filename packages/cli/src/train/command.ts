import { command } from '../command.ts'
import { backendOption } from '../engine/backend-option.ts'
import { flag, many, text } from '../inputs.ts'

export const trainCommand = command({
  name: 'train',
  summary: 'train the stages of a cascade, as a configuration says',
  about:
    'The configuration is cascade.config.ts (or .js, .json) of this folder, or --config; every field of it is an ' +
    'option too. What is trained already is not trained again, and what was begun is resumed. When all stages are ' +
    'trained, the cascade is saved and sampled.',
  configuration: true,
  arguments: { names: many(text('the stages to train, by name (all)', { value: 'STAGE' })) },
  options: {
    config: text('the configuration', { value: 'FILE' }),
    out: text('the folder of the run (runs/NAME)', { value: 'FOLDER' }),
    printConfig: flag('print the whole configuration, with all defaults, and train nothing'),
    restart: flag('train from scratch: earlier checkpoints are removed'),
    backend: backendOption,
  },
  examples: [
    { call: 'train', does: 'all stages of cascade.config.ts' },
    { call: 'train --data photos --stages 16,64 --network tiny', does: 'without a file' },
    { call: 'train base --stages.0.training.steps 1000', does: 'one stage, with another number of steps' },
    { call: 'train --print-config > cascade.config.json', does: 'every setting, to be changed' },
    { call: 'train --out runs/photos', does: 'resumes a run where its configuration is not at hand' },
  ],
  interrupted: 'Checkpoints are kept: the same command resumes from them.',
  run: () => import('./run.ts'),
})
