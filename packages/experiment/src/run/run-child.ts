// Trains a plan of a few seconds in a folder, until it is killed: for kill.test.ts.
import { jit } from '@cascade-diffusion/jit'
import { killedPlan } from './killed-plan.ts'
import { runExperiment } from './run-experiment.ts'

const [out = ''] = process.argv.slice(2)
await runExperiment({
  plan: killedPlan,
  out,
  compile: jit,
  progress: (event) => {
    const where = event.type === 'training' ? [event.model, event.step] : event.type === 'written' ? [event.path] : []
    process.stdout.write(`${[event.type, ...where].join(' ')}\n`)
  },
})
