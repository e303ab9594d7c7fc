// `tsx --conditions=@cascade-diffusion/source benchmarks/backends.ts`: the U-Net of `bench network` on jit and, operation by
// operation, on the native backends of tfjs that are installed; prints a table of times and of how well they agree.
import { cpus } from 'node:os'
import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, float32 } from '@cascade-diffusion/arrays'
import { beside, giveResult, runModule, useBackend } from '@cascade-diffusion/backends'
import { jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { type AnyTrainState, packSmall, readState, trainer } from '@cascade-diffusion/training'
import { unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { config } from './network-ours.ts'

const threads = 2
const names = ['jit', 'node', 'node-gpu'] as const

/** What one process measures: medians in milliseconds, and values to compare. */
interface Measured {
  times: Record<'forward, 1 image' | 'forward, 8 images' | 'training step, 8 images', number>
  output: number[]
  gradient: number[]
  memory: number
  tensors: number
}

type TensorBatch = { x: tf.Tensor4D; noise: tf.Tensor4D; t: tf.Tensor1D }

const batchOf = (n: number) => ({
  x: rng(2).normal([n, 32, 32, 3]),
  noise: rng(3).normal([n, 32, 32, 3]),
  t: float32(Array.from({ length: n }, (_, i) => 100 * i + 1)),
})

async function median(rounds: number, run: () => Promise<unknown>): Promise<number> {
  await run()
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

async function measure(name: string): Promise<Measured> {
  const compiled = name.startsWith('jit')
  if (!compiled) await useBackend(name as 'node', { threads })
  const compile: Compile = compiled ? (fn) => jit(fn, { engine: onnxRuntimeNode({ threads }) }) : eager
  const network = unet(config)
  // Not the initial weights: some are zero and hide others.
  const weights = Object.fromEntries(
    Object.entries(network.init(rng(1))).map(([key, w]) => {
      const noise = rng(4).fold(key).normal(w.shape).data
      return [
        key,
        float32(
          (w.data as Float32Array).map((x, i) => x + 0.02 * noise[i]!),
          w.shape,
        ),
      ]
    }),
  )
  const forward = compile((params: Params<tf.Tensor>, x: tf.Tensor4D, t: tf.Tensor1D) =>
    network.apply(params, x, t, {}),
  )
  const packing = packSmall(weights)
  const loss = (params: Params<tf.Tensor>, { x, noise, t }: TensorBatch) =>
    tf.mean(tf.squaredDifference(network.apply(packing.unpackTensors(params), x, t, {}), noise)) as tf.Scalar
  const { init, step } = trainer<TensorBatch>(compile, loss, { clipNorm: Number.POSITIVE_INFINITY })
  let state: AnyTrainState = init(packing.pack(weights))
  let t = 0
  const train = async () => {
    state = (await step(state, batchOf(8), { t: t++, learningRate: 1e-4 })).state
  }
  const [one, eight] = [batchOf(1), batchOf(8)]
  const output = await forward(weights, eight.x, eight.t)
  await train()
  // After one step the first moment is a tenth of the gradient.
  const gradient = Object.values((await readState(state)).optimizer.m!).flatMap(({ data }) =>
    Array.from(data.subarray(0, 20_000)),
  )
  const times = {
    'forward, 1 image': await median(15, () => forward(weights, one.x, one.t)),
    'forward, 8 images': await median(9, () => forward(weights, eight.x, eight.t)),
    'training step, 8 images': await median(9, train),
  }
  const tensors = compiled ? 0 : tf.memory().numTensors
  return { times, output: Array.from(output.data), gradient, memory: process.resourceUsage().maxRSS * 1024, tensors }
}

/** The greatest difference relative to the greatest value. */
function relativeError(a: readonly number[], b: readonly number[]): number {
  const largest = (values: readonly number[]) => values.reduce((max, x) => Math.max(max, Math.abs(x)), 0)
  return largest(a.map((x, i) => x - b[i]!)) / largest(b)
}

async function table(): Promise<void> {
  console.log(`${threads} threads, ${cpus()[0]?.model}, Node.js ${process.versions.node}\n`)
  let reference: Measured | undefined
  for (const name of names) {
    const result = await runModule<Measured>(beside(import.meta.url, 'backends'), [name], { timeout: 600_000 })
    if (!result.ok) {
      console.log(`${name}: ${result.error}`)
      continue
    }
    const { times, output, gradient, memory, tensors } = result.value
    reference ??= result.value
    if (name === 'jit')
      console.log(
        `| | ${Object.keys(times).join(' | ')} | output | gradients | peak memory | tensors kept |\n|${'---|'.repeat(8)}`,
      )
    const errors = [relativeError(output, reference.output), relativeError(gradient, reference.gradient)]
    const cells = [
      ...Object.values(times).map((ms) => `${ms.toFixed(0)} ms`),
      ...errors.map((error) => (error === 0 ? '–' : error.toExponential(1))),
      `${(memory / 1e9).toFixed(1)} GB`,
      tensors,
    ]
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}

const [name] = process.argv.slice(2)
if (name) await giveResult(() => measure(name))
else await table()
