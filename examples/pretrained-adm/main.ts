// A class-conditional cascade 64×64 → 256×256 of the networks that OpenAI published with "Diffusion models beat GANs on image
// synthesis", each guided by its classifier.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { concatenate, int32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { type StageSamplerOptions, stageSampler } from '@cascade-diffusion/cascade'
import { encodePng, imageGrid } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import '@cascade-diffusion/ops' // guidance needs gradients
import { fromPretrained, type PretrainedClassifier, pretrainedStage } from '@cascade-diffusion/pretrained'
import { rng } from '@cascade-diffusion/random'

const { values } = parseArgs({
  options: {
    /** The folder of the files, or the address of one. */
    models: { type: 'string', default: 'models' },
    // The files there, and their flags if they are not files of OpenAI.
    base: { type: 'string', default: '64x64_diffusion.pt' },
    'base-flags': { type: 'string' },
    'base-classifier': { type: 'string', default: '64x64_classifier.pt' },
    'base-classifier-flags': { type: 'string' },
    upsampler: { type: 'string', default: '64_256_upsampler.pt' },
    'upsampler-flags': { type: 'string' },
    'upsampler-classifier': { type: 'string', default: '256x256_classifier.pt' },
    'upsampler-classifier-flags': { type: 'string' },
    /** Classes of ImageNet, 0 to 999. */
    classes: { type: 'string', default: '207,88,417' },
    /** Steps of the base and of the upsampler. */
    steps: { type: 'string', default: '25,25' },
    sampler: { type: 'string', default: 'ddim' },
    /** Guidance scales of the base and of the upsampler. With 0 the classifier is not loaded. */
    scales: { type: 'string', default: '1,0' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'runs/samples.png' },
  },
})
const numbers = (text: string) => text.split(',').map(Number)
if (!['ddim', 'ancestral'].includes(values.sampler))
  throw new Error(`--sampler: expected ddim or ancestral, got '${values.sampler}'`)

/** Loads one of the four files. Known names determine the flags; addresses are downloaded once. */
async function load(role: 'base' | 'base-classifier' | 'upsampler' | 'upsampler-classifier') {
  const name = values[role]
  const isUrl = /^https?:/.test(values.models)
  const flags = values[`${role}-flags`]
  let shown = 0
  const found = await fromPretrained(
    isUrl ? `${values.models.replace(/\/$/, '')}/${name}` : join(values.models, name),
    {
      flags,
      progress(file, done, total) {
        if (Date.now() < shown + 5000) return
        shown = Date.now()
        console.log(`${file}: ${Math.round(done / 1e6)} of ${total === undefined ? '?' : Math.round(total / 1e6)} MB`)
      },
    },
  )
  const weights = Object.values(found.params).reduce((n, { data }) => n + data.length, 0)
  console.log(`${name}: ${found.kind} of ${found.family}, ${(weights / 1e6).toFixed(1)} million weights`)
  return found
}

async function loadClassifier(role: 'base-classifier' | 'upsampler-classifier'): Promise<PretrainedClassifier> {
  const found = await load(role)
  if (found.kind === 'classifier') return found
  throw new Error(`${values[role]}: expected a classifier, got a ${found.kind}`)
}

const classes = numbers(values.classes)
const labels = int32(classes)
const key = rng(Number(values.seed))

/**
 * The images of a stage, one of each class. Its networks are loaded here and freed afterwards, since they are large.
 */
async function sample(role: 'base' | 'upsampler', index: number, lowRes?: NDArray<'float32'>) {
  const stage = pretrainedStage(await load(role), { name: role })
  const scale = numbers(values.scales)[index] ?? 0
  const options: StageSamplerOptions = {
    sampler: values.sampler === 'ddim' ? { name: 'ddim' } : { name: 'ancestral' },
    steps: numbers(values.steps)[index],
    guidance:
      scale === 0 ? undefined : { name: 'classifier', classifier: await loadClassifier(`${role}-classifier`), scale },
    compile: jit,
  }
  const sampler = stageSampler(stage, options)
  const images: NDArray<'float32'>[] = []
  for (const [i, label] of classes.entries()) {
    const run = sampler.stream({
      count: 1,
      labels: rows(labels, i, i + 1),
      rng: key.fold(role),
      firstIndex: i,
      lowRes: lowRes && rows(lowRes, i, i + 1),
    })
    for await (const { xt, stepsLeft } of run) {
      if (stepsLeft % 5 === 0) console.log(`${role}, class ${label}: ${stepsLeft} steps left`)
      if (stepsLeft === 0) images.push(xt)
    }
  }
  await sampler.dispose()
  return images
}

const small = await sample('base', 0)
const large = await sample('upsampler', 1, concatenate(small))
await mkdir(dirname(values.out), { recursive: true })
await writeFile(values.out, encodePng(imageGrid([small, large])))
console.log(`samples: ${values.out}`)
