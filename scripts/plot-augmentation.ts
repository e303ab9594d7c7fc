// Trains a small cascade and draws docs/images/augmentation-*.svg:
// npx tsx --conditions=@cascade-diffusion/source scripts/plot-augmentation.ts FOLDER [STEPS]
// FOLDER keeps checkpoints, from which training resumes. STEPS is for a trial; by default it takes about ten minutes.
import { writeFileSync } from 'node:fs'
import { float32, type NDArray, rows } from '../packages/arrays/src/index.ts'
import {
  baseStage,
  cascadeSampler,
  type Stage,
  type StageSampling,
  stageSampler,
  superResolutionStage,
  type TrainedStage,
  trainStage,
} from '../packages/cascade/src/index.ts'
import {
  type ConditioningAugmentation,
  downUp,
  gaussianBlur,
  gaussianNoise,
  jpegCompression,
} from '../packages/conditioning-augmentation/src/index.ts'
import { imageGrid, readBatch, resizeImage } from '../packages/data/src/index.ts'
import { loadDicebear } from '../packages/datasets/src/index.ts'
import { jit } from '../packages/jit/src/index.ts'
import { rng } from '../packages/random/src/index.ts'
import { cosineSchedule } from '../packages/schedules/src/index.ts'
import { learningRateOf } from '../packages/training/src/index.ts'
import { type LabelledRow, labelledPictures } from './labelled-pictures.ts'

type Images = NDArray<'float32'>

const [folder, trialSteps] = process.argv.slice(2)
if (folder === undefined) throw new Error('plot-augmentation: expected a folder for checkpoints')
const styles = ['thumbs', 'pixelArt', 'shapes'] as const
const data = {
  train: await loadDicebear({ split: 'train', styles, perClass: 1000 }),
  test: await loadDicebear({ split: 'test', styles, perClass: 20 }),
}

const cosine = { schedule: { name: 'cosine', steps: 1000 } } as const
const network = { baseChannels: 48, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 } as const
const common = { imageChannels: 3, classNames: data.train.classNames }
const large = {
  ...common,
  resolution: 64,
  lowResolution: 16,
  process: { ...cosine, prediction: 'x0' },
  network: { ...network, patchSize: 4 },
} as const
const stages = {
  base: baseStage({ name: 'base', ...common, resolution: 16, process: { ...cosine, prediction: 'v' }, network }),
  noise: superResolutionStage({
    name: 'noise',
    ...large,
    augmentation: { name: 'gaussian-noise', ...cosine, maxLevel: 600 },
  }),
  filters: superResolutionStage({
    name: 'filters',
    ...large,
    augmentation: {
      name: 'compose',
      augmentations: [
        { name: 'gaussian-blur', size: 7, sigma: [0.4, 2] },
        { name: 'down-up', factor: [1, 3] },
        { name: 'jpeg', quality: [5, 90] },
      ],
    },
  }),
}

async function trained(stage: Stage, steps: number): Promise<TrainedStage> {
  const { ema } = await trainStage({
    stage,
    dataset: data.train,
    steps,
    batchSize: 16,
    learningRate: learningRateOf({ name: 'cosine', rate: 2e-3, warmup: 50 }, steps),
    averages: { ema: { decay: 0.99 } },
    seed: 0,
    compile: jit,
    checkpoint: { path: `${folder}/${stage.name}.safetensors`, every: 100 },
    progress: ({ step, loss }) => step % 100 === 0 && console.log(stage.name, step, loss.toFixed(4)),
  })
  return { stage, params: ema! }
}

const steps = (n: number) => (trialSteps === undefined ? n : Number(trialSteps))
const base = await trained(stages.base, steps(1000))
const noise = await trained(stages.noise, steps(900))
const filters = await trained(stages.filters, steps(400))

const sampling = (count: number): StageSampling => ({
  sampler: { name: 'ddim', eta: 1 },
  steps: { count, from: 979, to: 20 },
})
const [key, firstIndex] = [rng(1), 1]

/** Images [n,h,w,C] as they are corrupted at a level. */
async function corrupted(augmentation: ConditioningAugmentation, z: Images, level: number, of = key): Promise<Images> {
  const apply = jit(augmentation.apply)
  const { data, shape } = await apply(z, augmentation.draw({ shape: z.shape, rng: of, level, firstIndex }))
  await apply.dispose()
  return float32([...data], shape)
}

/** The first image as a picture; noise beyond black and white is cut off. */
const picture = (images: Images) => {
  const { shape, data } = rows(images, 0, 1)
  return imageGrid([[{ shape, data: data.map((x) => Math.min(Math.max(x, -1), 1)), dtype: 'float32' }]], { padding: 0 })
}

const write = (name: string, title: string, rows: readonly LabelledRow[]) =>
  writeFileSync(new URL(`../docs/images/augmentation-${name}.svg`, import.meta.url), labelledPictures(title, rows))

/** A drawing that no stage has seen, and its class. */
const read = (index: number) => readBatch(data.test, [index], { rng: key })
const { image, label } = await read(21)
const small = resizeImage(image, 16, { filter: 'box' })
/** One image of its class. */
const one = { count: 1, labels: label, rng: key, firstIndex }

await drawLevels()
await drawNoise()
await drawFilters()

/** What each augmentation does at several levels. */
async function drawLevels() {
  const { image: z } = await read(3)
  const row = async (label: string, augmentation: ConditioningAugmentation, cells: readonly [string, number][]) => ({
    label,
    cells: await Promise.all(
      cells.map(async ([label, level]) => ({ label, image: picture(await corrupted(augmentation, z, level)) })),
    ),
  })
  write('levels', 'A drawing of 64×64 pixels, corrupted', [
    await row(
      'Gaussian noise:\nsteps s of 1000',
      gaussianNoise({ schedule: cosineSchedule(1000) }),
      [0, 50, 100, 200, 400, 600].map((s) => [`s = ${s}`, s]),
    ),
    await row(
      'Gaussian blur:\nσ in pixels',
      gaussianBlur({ size: 15, sigma: [0.4, 3] }),
      [0, 0.4, 0.6, 1, 2, 3].map((sigma) => [`σ = ${sigma}`, sigma]),
    ),
    await row('JPEG:\n100 less the quality', jpegCompression({ quality: [1, 100] }), [
      ['s = 0', 0],
      ...[75, 50, 20, 10, 3].map((quality): [string, number] => [`s = ${100 - quality}`, 100 - quality]),
    ]),
    await row(
      'Down-up resampling:\nthe factor less 1',
      downUp({ factor: [1, 10] }),
      [0, 0.5, 1, 2, 4, 7].map((level) => [`s = ${level}`, level]),
    ),
  ])
}

/** What the stage with Gaussian noise makes of real and generated images, truncated and not. */
async function drawNoise() {
  const cascade = [
    { ...base, sampling: sampling(40) },
    { ...noise, sampling: sampling(25) },
  ]
  const sampler = cascadeSampler({ stages: cascade }, { compile: jit })
  const noisy = (z: Images, s: number) => corrupted(stages.noise.augmentation, z, s, key.fold('noise'))
  type Cell = { readonly label: string; readonly z: Images; readonly x: Images }
  const rows = {
    'a real image of 16×16': [] as Cell[],
    'a base sample,\nnon-truncated': [] as Cell[],
    'a base sample,\ntruncated': [] as Cell[],
  }
  for (const s of [0, 50, 100, 200, 400, 600]) {
    const label = `s = ${s}`
    const [fromReal] = await sampler.sample({ ...one, lowRes: small, from: 'noise', levels: [s] })
    const [z, x] = await sampler.sample({ ...one, levels: [s] })
    const [zs, truncated] = await sampler.sample({ ...one, levels: [{ level: s, truncated: true }] })
    rows['a real image of 16×16'].push({ label, z: await noisy(small, s), x: fromReal! })
    rows['a base sample,\nnon-truncated'].push({ label, z: await noisy(z!, s), x: x! })
    rows['a base sample,\ntruncated'].push({ label, z: zs!, x: truncated! })
  }
  await sampler.dispose()
  write(
    'noise',
    'Gaussian noise to s, and what a 16×16 → 64×64 stage makes of it',
    Object.entries(rows).flatMap(([label, cells]) => [
      { label, cells: cells.map(({ label, z }) => ({ label, image: picture(z) })) },
      { label: '→ 64×64', cells: cells.map(({ label, x }) => ({ label, image: picture(x) })) },
    ]),
  )
}

/** What stages make of small images that are corrupted otherwise. */
async function drawFilters() {
  const [blur, jpeg, resampled] = [
    gaussianBlur({ size: 7, sigma: [0.4, 2] }),
    jpegCompression({ quality: [1, 100] }),
    downUp({ factor: [1, 4] }),
  ]
  const columns: { label: string; z: Images }[] = [
    { label: 'clean', z: small },
    { label: 'blur, σ = 0.8', z: await corrupted(blur, small, 0.8) },
    { label: 'blur, σ = 1.5', z: await corrupted(blur, small, 1.5) },
    { label: 'JPEG, s = 70', z: await corrupted(jpeg, small, 70) },
    { label: 'JPEG, s = 90', z: await corrupted(jpeg, small, 90) },
    { label: 'down-up, s = 1', z: await corrupted(resampled, small, 1) },
    { label: 'down-up, s = 2', z: await corrupted(resampled, small, 2) },
  ]
  const row = async (label: string, trained: TrainedStage, level: number): Promise<LabelledRow> => {
    const sampler = stageSampler(trained, { ...sampling(25), compile: jit })
    const cells: LabelledRow['cells'][number][] = []
    for (const { label, z } of columns)
      cells.push({ label, image: picture(await sampler.sample({ ...one, lowRes: z, level })) })
    await sampler.dispose()
    return { label, cells }
  }
  write('filters', 'Small images corrupted otherwise, and what two stages make of them', [
    { label: '16×16', cells: columns.map(({ label, z }) => ({ label, image: picture(z) })) },
    await row('trained with noise,\ns = 0', noise, 0),
    await row('trained with noise,\ns = 100', noise, 100),
    await row('trained with blur,\ndown-up and JPEG', filters, 0),
  ])
}
