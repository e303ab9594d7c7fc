// A two-stage, class-conditional cascade on MNIST, end to end: 8×8 from noise, then 32×32 from 8×8.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { int32, rows } from '@cascade-diffusion/arrays'
import { baseStage, cascadeSampler, type Stage, superResolutionStage, trainStage } from '@cascade-diffusion/cascade'
import { encodePng, imageGrid } from '@cascade-diffusion/data'
import { loadMnist } from '@cascade-diffusion/datasets'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { cosineRate } from '@cascade-diffusion/training'

const { values } = parseArgs({
  options: {
    /** Training steps of the base stage; the other one takes twice as many. */
    steps: { type: 'string', default: '400' },
    out: { type: 'string', default: 'runs/samples.png' },
  },
})
const steps = Number(values.steps)

const dataset = await loadMnist({ split: 'train' })

// What both stages share. A stage is a description: it fixes neither how it is trained nor how it is sampled.
const process = { schedule: { name: 'cosine', steps: 1000 } } as const
const common = { imageChannels: 1, classNames: dataset.classNames, process }
const size = { channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 }

const base = baseStage({ name: 'base', resolution: 8, ...common, network: { ...size, baseChannels: 48 } })

// In training the low-resolution images are noised up to step 400 of this process, so that the stage tolerates the
// errors of the base: conditioning augmentation, the idea of the paper.
const superResolution = superResolutionStage({
  name: 'super-resolution',
  resolution: 32,
  lowResolution: 8,
  ...common,
  augmentation: { name: 'gaussian-noise', ...process, maxLevel: 400 },
  network: { ...size, baseChannels: 32, patchSize: 2 },
})

// 25 of the 1000 steps, evenly spaced.
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: { count: 25, from: 979, to: 19 } } as const

/** Trains a stage on real images. No stage needs another. */
async function trained(stage: Stage, options: { steps: number; batchSize: number; learningRate: number }) {
  const { ema } = await trainStage({
    stage,
    dataset,
    ...options,
    learningRate: cosineRate(options.learningRate, options.steps, { warmup: 20 }),
    averages: { ema: { decay: 0.99 } },
    seed: 0,
    compile: jit,
    // checkpoint: { path: `${stage.name}.safetensors` } would save it; `loadStage` loads it from that path.
    progress: ({ step, steps, loss, secondsLeft }) => {
      if (step % 50 === 0 || step === steps)
        console.log(`${stage.name} ${step}/${steps}: loss ${loss.toFixed(3)}, ${secondsLeft.toFixed(0)} s left`)
    },
  })
  return { stage, params: ema, sampling }
}

const stages = [
  await trained(base, { steps, batchSize: 64, learningRate: 2e-3 }),
  await trained(superResolution, { steps: 2 * steps, batchSize: 16, learningRate: 2e-3 }),
]

const cascade = cascadeSampler({ stages }, { compile: jit })

// Eight images of each digit.
const labels = int32(Array.from({ length: 80 }, (_, i) => Math.floor(i / 8)))
const [small, large] = await cascade.sample({
  count: 80,
  labels,
  rng: rng(0),
  batchSize: 40,
  levels: [50], // s: the augmentation of the base's images; `searchAugmentation` finds the best one
  progress: ({ stage, done, count }) => console.log(`${stage}: ${done} of ${count} images`),
})
await cascade.dispose()

// A row for each digit: the samples of the base, and their super-resolved images.
const digits = Array.from({ length: 10 }, (_, digit) =>
  [small!, large!].map((images) => rows(images, 8 * digit, 8 * digit + 8)),
)
await mkdir(dirname(values.out), { recursive: true })
await writeFile(values.out, encodePng(imageGrid(digits)))
console.log(`samples: ${values.out}`)
