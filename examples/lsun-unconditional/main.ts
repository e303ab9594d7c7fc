// The paper's pipeline for LSUN Bedroom or Church at 128×128, without classes (Section 4.5): 64×64 from noise, then 128×128.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { cascadeSampler, loadStage, saveCascade, trainStage } from '@cascade-diffusion/cascade'
import { encodePng, type ImageSource, imageGrid } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { pipelineCascade, pipelineNamed, presetTraining, shrunk } from '@cascade-diffusion/presets'
import { rng } from '@cascade-diffusion/random'

const { values } = parseArgs({
  options: {
    /** A module that exports a `dataset`: images of 128×128 or more. */
    data: { type: 'string', default: join(import.meta.dirname, 'towers.ts') },
    /** Trains this stage alone, for instance on another machine. Default: all, one after the other. */
    stage: { type: 'string' },
    /** The same in seconds, with small networks and images. */
    tiny: { type: 'boolean', default: false },
    /** The number of images to sample. */
    count: { type: 'string', default: '40' },
    out: { type: 'string', default: 'runs' },
  },
})
const { dataset }: { dataset: ImageSource } = await import(pathToFileURL(resolve(values.data)).href)

const full = pipelineNamed('lsun')
const tiny = { baseChannels: 8, residualBlocks: 1, divisor: 4, trainingSteps: 2, batchSize: 2, samplingSteps: 4 }
const pipeline = values.tiny ? shrunk(full, tiny) : full
const checkpointOf = (name: string) => join(values.out, `${name}.safetensors`)

// Each stage is trained by itself, on real images, and resumes from its checkpoint.
for (const preset of pipeline.filter(({ name }) => name === (values.stage ?? name))) {
  await trainStage({
    ...presetTraining(preset, dataset),
    seed: 0,
    compile: jit,
    checkpoint: { path: checkpointOf(preset.name) },
    progress: ({ step, steps, loss, secondsLeft }) => {
      if (step % 100 === 0 || step === steps)
        console.log(`${preset.name} ${step}/${steps}: loss ${loss.toFixed(3)}, ${secondsLeft.toFixed(0)} s left`)
    },
  })
}
if (values.stage) process.exit()

const trained = await Promise.all(pipeline.map(({ name }) => loadStage(checkpointOf(name))))
const cascade = pipelineCascade(pipeline, trained)
await saveCascade(join(values.out, 'cascade'), cascade)

const sampler = cascadeSampler(cascade, { compile: jit })
const images = await sampler.sample({ count: Number(values.count), rng: rng(2), batchSize: 10 })
await sampler.dispose()
await mkdir(values.out, { recursive: true })
const picture = join(values.out, 'samples.png')
await writeFile(picture, encodePng(imageGrid(images.map((stage) => [stage]))))
console.log(`samples: ${picture}`)
