// The table of docs/samplers.md: npx tsx --conditions=@cascade-diffusion/source scripts/sampler-fid.ts FOLDER [SECONDS]
// It resumes from the results in the folder, and starts nothing new after SECONDS.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { concatenate, int32, type NDArray, ndarray, rows } from '../packages/arrays/src/index.ts'
import { stageSampler, trainStage } from '../packages/cascade/src/index.ts'
import { type ImageTransform, resize, transformed } from '../packages/data/src/index.ts'
import { loadMnist } from '../packages/datasets/src/index.ts'
import {
  ancestral,
  ddim,
  dpmSolver,
  heun,
  type Sampler,
  spacedSteps,
  stepsDown,
  unipc,
} from '../packages/diffusion/src/index.ts'
import { evaluatorOf, trainEvaluator } from '../packages/experiment/src/evaluate/evaluator.ts'
import { quickstartPlan } from '../packages/experiment/src/index.ts'
import { stagesOf } from '../packages/experiment/src/plan/stages.ts'
import { jit } from '../packages/jit/src/index.ts'
import { rng } from '../packages/random/src/index.ts'

const [folder = 'sampler-fid', seconds = 'Infinity'] = process.argv.slice(2)
const [count, batchSize, seeds] = [2000, 100, [1, 2]]
const end = Date.now() + 1000 * Number(seconds)
mkdirSync(folder, { recursive: true })

// The base stage of the quickstart, 8×8 digits, as the quickstart trains it.
const plan = quickstartPlan({ dataset: 'mnist' })
const [trainSet, testSet] = await Promise.all([loadMnist({ split: 'train' }), loadMnist({ split: 'test' })])
const stage = stagesOf(plan, { train: trainSet })[0]!
const { training } = plan.stages[0]
const common = { seed: 0, compile: jit, signal: new AbortController().signal, progress: () => {} }
const { ema } = await trainStage({
  ...common,
  stage,
  dataset: trainSet,
  ...training,
  checkpoint: { path: join(folder, 'base.safetensors') },
})

const doubled: ImageTransform = {
  name: 'doubled',
  size: (from) => from && [2 * from[0], 2 * from[1]],
  apply({ shape, data }) {
    const [h, w, c] = shape as [number, number, number]
    const out = new Uint8Array(4 * data.length)
    doublePixels(data, out, [1, h, w, c])
    return { shape: [2 * h, 2 * w, c], data: out }
  },
}

// The evaluator takes images of 16×16: small ones with every pixel doubled.
const [real, tested] = [trainSet, testSet].map((set) => transformed(set, resize({ size: stage.size }), doubled))
const trained = await trainEvaluator({
  ...common,
  dataset: real!,
  features: 'classes',
  plan: { ...plan.evaluation.training, steps: 500 },
  checkpointPath: join(folder, 'classifier-8.safetensors'),
})
const evaluator = await evaluatorOf(trained.ema, {
  features: 'classes',
  labelled: true,
  trainSet: real!,
  testSet: tested!,
  compile: jit,
})
console.log(
  `evaluator: accuracy ${evaluator.accuracy}, Fréchet distance of the test set ${evaluator.ofTest.fid.train.value.toFixed(3)}`,
)

const labels = int32(Array.from({ length: count }, (_, i) => i % 10))

/** The Fréchet distance and class accuracy of samples. */
async function score(sampler: Sampler, steps: readonly number[], seed: number) {
  const model = stageSampler({ stage, params: ema }, { sampler, steps, compile: jit })
  const parts: NDArray<'float32'>[] = []
  for (let from = 0; from < count; from += batchSize)
    parts.push(
      await model.sample({
        count: batchSize,
        labels: rows(labels, from, from + batchSize),
        rng: rng(seed),
        firstIndex: from,
      }),
    )
  await model.dispose()
  const { fid, classAccuracy } = await evaluator.evaluate({ images: doubledImages(concatenate(parts)), labels })
  return { fid: fid.train.value, accuracy: classAccuracy!.value }
}

const even = (n: number) => Array.from({ length: n }, (_, i) => Math.round(0.98 * 999 * (1 - i / n)))
const logSnr = (n: number) => spacedSteps(stage.process, n, { by: 'log-snr', from: 979, to: 20 })
const karras = (n: number) => spacedSteps(stage.process, n, { by: 'karras', from: 979, to: 20 })
const spacings = { even, logSnr, karras }
const table: [name: string, sampler: Sampler, spacing: keyof typeof spacings, steps: number[]][] = [
  ['DDIM, η = 0', ddim(), 'even', [1000, 25, 10, 5]],
  ['DPM-Solver++(2M)', dpmSolver(), 'karras', [25, 10, 5]],
  ['UniPC-2', unipc(), 'karras', [25, 10, 5]],
  ['UniPC-3', unipc({ order: 3 }), 'logSnr', [25, 10, 5]],
  ['Heun', heun(), 'logSnr', [25, 10, 5]],
  ['ancestral', ancestral(), 'even', [1000, 100, 25, 10, 5]],
  ['DDIM, η = 1', ddim({ eta: 1 }), 'even', [100, 25, 10, 5]],
  ['SDE-DPM-Solver++(2M)', dpmSolver({ eta: 1 }), 'logSnr', [25, 10, 5]],
]
const path = join(folder, 'results.json')
type Results = Record<string, { fid: number; accuracy: number }>
const results: Results = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
// The longest last.
const cells = seeds.flatMap((seed) =>
  table.flatMap(([name, sampler, spacing, counts]) => counts.map((n) => ({ seed, name, sampler, spacing, n }))),
)
for (const { seed, name, sampler, spacing, n } of cells.sort((a, b) => a.n - b.n)) {
  const key = `${name} | ${spacing} | ${n} | seed ${seed}`
  if (!results[key] && Date.now() > end) continue
  results[key] ??= await score(sampler, n === 1000 ? stepsDown(999) : spacings[spacing](n), seed)
  writeFileSync(path, JSON.stringify(results, null, 1))
  console.log(`${key}: ${results[key].fid.toFixed(3)} (${(100 * results[key].accuracy).toFixed(1)} %)`)
}
await evaluator.dispose()

function doubledImages({ data, shape }: NDArray<'float32'>): NDArray<'float32'> {
  const [n, h, w, c] = shape as [number, number, number, number]
  const out = new Float32Array(data.length * 4)
  doublePixels(data, out, [n, h, w, c])
  return ndarray(out, [n, 2 * h, 2 * w, c])
}

function doublePixels(from: ArrayLike<number>, to: { [i: number]: number }, [n, h, w, c]: number[]): void {
  for (let i = 0; i < n! * 2 * h! * 2 * w!; i++) {
    const [x, y, k] = [i % (2 * w!), Math.floor(i / (2 * w!)) % (2 * h!), Math.floor(i / (4 * w! * h!))]
    for (let j = 0; j < c!; j++) to[i * c! + j] = from[((k * h! + (y >> 1)) * w! + (x >> 1)) * c! + j]!
  }
}
