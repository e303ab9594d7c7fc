import { backendOption } from '../engine/backend-option.ts'
import { text } from '../inputs.ts'

/** What the commands that evaluate a run take. */
export const evaluatedInputs = {
  arguments: { run: text('the folder of a run', { value: 'RUN', required: true }) },
  options: {
    config: text("the configuration, if it has custom parts (the run's own)", { value: 'FILE' }),
    backend: backendOption,
  },
}
