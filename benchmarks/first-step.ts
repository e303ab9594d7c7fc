// The first training steps of a process: node first-step.mjs MODEL BATCH STEPS. Writes a line of JSON after the first step,
// and another at the end. `startup.ts` bundles it and runs it.
import { readFileSync } from 'node:fs'
import { rng } from '@cascade-diffusion/random'
import { unet } from '@cascade-diffusion/unet'
import { batchFor } from './inputs.ts'
import { type ModelName, models, threads } from './models.ts'
import { train } from './network-ours.ts'

const [model, batch, steps] = process.argv.slice(2) as [ModelName, string, string]
const { run } = train(unet(models[model]).init(rng(0)), batchFor(model, Number(batch)), threads, models[model])
const times: number[] = []
for (let step = 0; step < Number(steps); step++) {
  const start = performance.now()
  await run()
  times.push(performance.now() - start)
  if (step === 0) console.log('{}')
}
const [, peak] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
console.log(JSON.stringify({ ms: times, peakMiB: Number(peak) / 1024 }))
