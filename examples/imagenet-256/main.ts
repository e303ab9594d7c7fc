// The paper's pipeline for ImageNet at 256×256 (Section 4.1): 32×32 from noise, then 64×64, then 256×256.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type Cascade,
  cascadeSampler,
  loadStage,
  saveCascade,
  searchAugmentation,
  trainStage,
  writeSamples,
} from '@cascade-diffusion/cascade'
import { admCrop, imageNet, transformed } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { type Preset, pipelineCascade, pipelineNamed, presetTraining, shrunk } from '@cascade-diffusion/presets'
import { rng } from '@cascade-diffusion/random'
import { distanceTo } from './distance.ts'
import { shapes } from './shapes.ts'

const { values } = parseArgs({
  options: {
    /** The folder of ImageNet. Default: shapes in colour. */
    data: { type: 'string' },
    /** Trains this stage alone, for instance on another machine. Default: all, then it samples. */
    stage: { type: 'string' },
    /** The same in seconds, with small networks and images. */
    tiny: { type: 'boolean', default: false },
    /** The number of images to sample. */
    count: { type: 'string', default: '40' },
    out: { type: 'string', default: 'runs' },
  },
})
const stop = new AbortController()
process.once('SIGINT', () => stop.abort()) // what is finished is kept: run it again to resume

// Any other source of labelled images can stand here.
const dataset = values.data
  ? transformed(await imageNet(values.data, { split: 'train' }), admCrop({ size: 256 }))
  : shapes

const full = pipelineNamed('imagenet-256')
const size = { baseChannels: 8, residualBlocks: 1, divisor: 4, trainingSteps: 2, batchSize: 2, samplingSteps: 4 }
const pipeline = values.tiny ? shrunk(full, size) : full
const trials = values.tiny ? { count: 8, levels: { count: 3 }, refine: 0 } : { count: 10_000, levels: { count: 9 } }
const checkpointOf = ({ name }: Preset) => join(values.out, `${name}.safetensors`)

/** Trains a stage on real images. No stage needs another. */
async function train(preset: Preset) {
  await trainStage({
    ...presetTraining(preset, dataset),
    seed: 0,
    compile: jit,
    checkpoint: { path: checkpointOf(preset) },
    signal: stop.signal,
    progress: ({ step, steps, loss, secondsLeft }) => {
      if (step % 100 === 0 || step === steps)
        console.log(`${preset.name} ${step}/${steps}: loss ${loss.toFixed(3)}, ${secondsLeft.toFixed(0)} s left`)
    },
  })
}

/** The cascade with the best s of 32×32 → 64×64. The last stage is sampled without its blur, as in the paper. */
async function searched({ stages }: Cascade): Promise<Cascade> {
  const distance = await distanceTo(dataset, pipeline[1].stage.resolution)
  const { cascade, table } = await searchAugmentation(
    { stages: stages.slice(0, 2) },
    {
      ...trials,
      labels: 'balanced',
      rng: rng(1),
      compile: jit,
      evaluate: ({ images }) => distance.of(images),
      measure: 'distance',
      folder: join(values.out, 'search'),
      signal: stop.signal,
    },
  )
  await distance.dispose()
  console.log(table)
  return { stages: [...cascade.stages, ...stages.slice(2)] }
}

const chosen = pipeline.filter(({ name }) => name === (values.stage ?? name))
if (chosen.length === 0)
  throw new Error(`--stage: expected one of ${full.map(({ name }) => name).join(', ')}, got ${values.stage}`)
for (const preset of chosen) await train(preset)

if (!values.stage) {
  const trained = await Promise.all(pipeline.map((preset) => loadStage(checkpointOf(preset))))
  const cascade = await searched(pipelineCascade(pipeline, trained))
  await saveCascade(join(values.out, 'cascade'), cascade)

  const sampler = cascadeSampler(cascade, { compile: jit })
  const samples = await writeSamples(sampler, {
    path: join(values.out, 'samples'),
    stages: 'all',
    count: Number(values.count),
    labels: 'balanced',
    rng: rng(2),
    batchSize: 10,
    signal: stop.signal,
  })
  await sampler.dispose()
  console.log(samples.paths)
}
