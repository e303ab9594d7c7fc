// The bound of a two-stage cascade (equation 3 of the paper) on real digits, in bits per dimension, at several s.
import { parseArgs } from 'node:util'
import { baseStage, cascadeBits, type Stage, superResolutionStage, trainStage } from '@cascade-diffusion/cascade'
import { loadMnist } from '@cascade-diffusion/datasets'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { cosineRate } from '@cascade-diffusion/training'

const { values } = parseArgs({
  options: {
    /** Training steps of each stage. */
    steps: { type: 'string', default: '1000' },
    /** Images of the test set that are evaluated. */
    images: { type: 'string', default: '100' },
    /** The s to evaluate, of 100. */
    levels: { type: 'string', default: '0,5,20,50,90' },
  },
})
const [steps, count] = [Number(values.steps), Number(values.images)]

const dataset = await loadMnist({ split: 'train' })

// Learned variances have the better bound. They are trained by the hybrid loss.
const process = { schedule: { name: 'cosine', steps: 100 }, variance: 'learned-range' } as const
const common = { imageChannels: 1, classNames: dataset.classNames, process }
const size = { channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8, baseChannels: 32 }
const base = baseStage({ name: 'base', resolution: 8, ...common, network: size })
const superResolution = superResolutionStage({
  name: 'super-resolution',
  resolution: 16,
  lowResolution: 8,
  ...common,
  // The base is truncated at s, so the noise has to be that of its process.
  augmentation: { name: 'gaussian-noise', schedule: process.schedule },
  network: size,
})

async function trained(stage: Stage) {
  const { ema } = await trainStage({
    stage,
    dataset,
    steps,
    batchSize: 32,
    learningRate: cosineRate(2e-3, steps, { warmup: 20 }),
    averages: { ema: { decay: 0.99 } },
    seed: 0,
    compile: jit,
    progress: ({ step, loss, secondsLeft }) => {
      if (step % 100 === 0 || step === steps)
        console.log(`${stage.name} ${step}/${steps}: loss ${loss.toFixed(3)}, ${secondsLeft.toFixed(0)} s left`)
    },
  })
  return { stage, params: ema, sampling: { sampler: { name: 'ancestral' } } } as const
}

const cascade = { stages: [await trained(base), await trained(superResolution)] }
const test = await loadMnist({ split: 'test' })

// At s the base adds its bound down to z_s, and the super-resolution stage that of the large image given z_s. Both are
// in bits per dimension of the large images, so they add up.
console.log('  s   base   super-resolution   cascade')
for (const level of values.levels.split(',').map(Number)) {
  const { perDim, standardError, stages } = await cascadeBits(cascade, {
    dataset: test,
    count,
    levels: [{ level, truncated: true }],
    rng: rng(0),
    compile: jit,
  })
  const [small, large] = stages.map(({ bits }) => (bits / 16 ** 2).toFixed(3))
  console.log(
    `${String(level).padStart(3)}  ${small}  ${large?.padStart(16)}   ${perDim.toFixed(3)} ± ${standardError.toFixed(3)}`,
  )
}
