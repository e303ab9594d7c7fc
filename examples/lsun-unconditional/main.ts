// The paper's pipeline for LSUN at 128×128, without classes (Section 4.5): 64×64 from noise, then 128×128.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  cascadeSampler,
  loadStage,
  saveCascade,
  searchAugmentation,
  trainStage,
  writeSamples,
} from '@cascade-diffusion/cascade'
import { admCrop, imageFolder, lsunLmdb, transformed } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { type Preset, pipelineCascade, pipelineNamed, presetTraining, shrunk } from '@cascade-diffusion/presets'
import { rng } from '@cascade-diffusion/random'
import { distanceTo } from './distance.ts'
import { towers } from './towers.ts'

const { values } = parseArgs({
  options: {
    /** A folder of LSUN, such as bedroom_train_lmdb, or of images. Default: towers against the sky. */
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

/** The images of a folder, from the database in it if there is one, 128×128. */
async function imagesOf(folder: string) {
  const images = await (existsSync(join(folder, 'data.mdb')) ? lsunLmdb(folder) : imageFolder(folder))
  return transformed(images, admCrop({ size: 128 }))
}

// Any other source of images can stand here.
const dataset = values.data ? await imagesOf(values.data) : towers

const full = pipelineNamed('lsun')
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

const chosen = pipeline.filter(({ name }) => name === (values.stage ?? name))
if (chosen.length === 0)
  throw new Error(`--stage: expected one of ${full.map(({ name }) => name).join(', ')}, got ${values.stage}`)
for (const preset of chosen) await train(preset)

if (!values.stage) {
  const trained = await Promise.all(pipeline.map((preset) => loadStage(checkpointOf(preset))))
  const distance = await distanceTo(dataset, pipeline[1].stage.resolution)
  // The best s, truncated and not: a time of the base's process.
  const { cascade, table } = await searchAugmentation(pipelineCascade(pipeline, trained), {
    ...trials,
    rng: rng(1),
    compile: jit,
    evaluate: ({ images }) => distance.of(images),
    measure: 'distance',
    folder: join(values.out, 'search'),
    signal: stop.signal,
  })
  await distance.dispose()
  console.log(table)
  await saveCascade(join(values.out, 'cascade'), cascade)

  const sampler = cascadeSampler(cascade, { compile: jit })
  const samples = await writeSamples(sampler, {
    path: join(values.out, 'samples'),
    stages: 'all',
    count: Number(values.count),
    rng: rng(2),
    batchSize: 10,
    signal: stop.signal,
  })
  await sampler.dispose()
  console.log(samples.paths)
}
