import { join } from 'node:path'
import type { Params } from '@cascade-diffusion/arrays'
import { int32, type NDArray } from '@cascade-diffusion/arrays'
import { imageDataset, readBatch, resize, transformed } from '@cascade-diffusion/data'
import {
  ancestral,
  classifierGuidance,
  createSampler,
  denoiser,
  type Network,
  processOf,
} from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { type Encoder, encoder } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { stageSampler } from '../sampling/stage/stage-sampler.ts'
import { baseStage } from '../stage/stage.ts'
import type { StageNetwork } from '../stage/stage-network.ts'
import { halves, tinyBase, tinyNetwork } from '../test-support.ts'
import { trainStage } from '../training/train-stage.ts'
import { loadClassifier } from './load-classifier.ts'
import { type TrainClassifierOptions, trainClassifier } from './train-classifier.ts'
import { classifierLogProbability } from './trained-classifier.ts'

const size = 4
const classifier = encoder({
  resolution: size,
  imageChannels: 1,
  classes: 2,
  baseChannels: 8,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  normGroups: 4,
  middleAttention: false,
  dropout: 0.1,
})
const process = { schedule: { name: 'cosine', steps: 40 }, prediction: 'x0' } as const
const run = (changes: Partial<TrainClassifierOptions> = {}): TrainClassifierOptions => ({
  classifier,
  process,
  dataset: halves(64, 2 * size),
  steps: 150,
  batchSize: 32,
  learningRate: 5e-3,
  averages: { ema: { decay: 0.9 } },
  seed: 1,
  compile: jit,
  ...changes,
})

/** The images of `halves` as two Gaussians: left and right of mean ±0.608, and the deviation of bytes from 0 to 99. */
const [mean, deviation] = [155 / 2 / 127.5, 100 / 127.5 / Math.sqrt(12)]
const pattern = (label: number) =>
  Float32Array.from({ length: size * size }, (_, i) => ((i % size) * 2 >= size === (label === 1) ? mean : -mean))

/** E[x0 | x_t] of both classes together, which is all that the sampler knows. */
const unconditional: Network<{ label: tf.Tensor1D }> = (xt, noise) => {
  const { alphasCumprod } = processOf(process).schedule as { alphasCumprod: Float64Array }
  const gathered = (f: (a: number) => number) =>
    tf.reshape(tf.gather(tf.tensor1d(Array.from(alphasCumprod, f)), tf.cast(noise, 'int32')), [-1, 1, 1, 1])
  const [alpha, sigma] = [gathered(Math.sqrt), gathered((a) => Math.sqrt(1 - a))]
  const variance = tf.add(tf.square(tf.mul(alpha, deviation)), tf.square(sigma))
  const right = tf.tensor4d(pattern(1), [1, size, size, 1])
  const side = tf.tanh(tf.div(tf.mul(alpha, tf.sum(tf.mul(xt, right), [1, 2, 3], true)), variance))
  const centre = tf.mul(right, side)
  const gain = tf.div(tf.mul(alpha, deviation ** 2), variance)
  return tf.add(centre, tf.mul(gain, tf.sub(xt, tf.mul(alpha, centre)))) as tf.Tensor4D
}

/** The part of the images that are of their labels' class: the brighter half says it. */
function share(images: NDArray<'float32'>, labels: NDArray): number {
  const right = pattern(1)
  let hits = 0
  labels.data.forEach((label, n) => {
    const image = images.data.subarray(n * size * size, (n + 1) * size * size)
    const side = image.reduce((sum, v, i) => sum + v * right[i]!, 0) > 0 ? 1 : 0
    if (side === label) hits++
  })
  return hits / labels.data.length
}

/** The part of `count` images, none of those trained on, that the classifier names rightly at time 0. */
async function accuracy({ apply }: Encoder, params: Params<NDArray>, count: number): Promise<number> {
  const dataset = transformed(halves(64 + count, 2 * size), resize({ size }))
  const { image, label } = await readBatch(
    dataset,
    Array.from({ length: count }, (_, i) => i),
  )
  const times = { dtype: 'float32', shape: [count], data: new Float32Array(count) } as const
  const logits = await eager((p: Params<tf.Tensor>, x: tf.Tensor4D, t: tf.Tensor1D) => apply(p, x, t))(
    params,
    image,
    times,
  )
  const right = Array.from(label.data).filter((c, n) => (logits.data[2 * n + 1]! > logits.data[2 * n]! ? 1 : 0) === c)
  return right.length / count
}

test('trained on noisy images, it guides a sampler of all classes to the one that is asked for', async () => {
  const path = join(temporaryFolder(), 'classifier.safetensors')
  await trainClassifier(run({ checkpoint: { path } }))
  const trained = await loadClassifier(path)
  expect(trained).toMatchObject({ process, classNames: ['left', 'right'], noised: true })
  const labels = int32(Array.from({ length: 60 }, (_, i) => i % 2))
  const model = { network: unconditional, process: processOf(process) }
  const sampled = async (scale: number) => {
    const guided = classifierGuidance(denoiser(model), { logProbability: classifierLogProbability(trained), scale })
    const sampler = createSampler({ denoiser: guided, process: model.process, sampler: ancestral(), compile: jit })
    const images = await sampler.sample({ shape: [60, size, size, 1], condition: { label: labels }, rng: rng(8) })
    await sampler.dispose()
    return share(images, labels)
  }
  const [free, guided] = [await sampled(0), await sampled(2)]
  expect(Math.abs(free - 0.5)).toBeLessThan(0.2)
  expect(guided).toBeGreaterThan(0.95)
})

test('stageSampler takes it too, for a stage of the same classes', async () => {
  // A network that knows the noise but takes no notice of the class.
  const network: StageNetwork = {
    config: { name: 'both halves' },
    init: () => ({}),
    apply: (_, xt, noise) => unconditional(xt, noise, {} as never),
  }
  const common = { name: 'halves', resolution: size, imageChannels: 1, process, network }
  const stage = { stage: baseStage({ ...common, classNames: ['left', 'right'] }), params: {} }
  const { ema } = await trainClassifier(run())
  const trained = { classifier, params: ema }
  const labels = int32(Array.from({ length: 60 }, (_, i) => i % 2))
  const sampled = async (scale: number) => {
    const guidance = { name: 'classifier', classifier: trained, scale } as const
    const sampler = stageSampler(stage, { sampler: ancestral(), compile: jit, guidance })
    const images = await sampler.sample({ count: 60, labels, rng: rng(8) })
    await sampler.dispose()
    return share(images, labels)
  }
  expect(await sampled(2)).toBeGreaterThan(0.95)
  expect(Math.abs((await sampled(0)) - 0.5)).toBeLessThan(0.2)
  const other = { stage: baseStage({ ...common, classNames: ['left', 'right', 'neither'] }), params: {} }
  const guidance = { name: 'classifier', classifier: trained, scale: 1 } as const
  expect(() => stageSampler(other, { sampler: ancestral(), compile: jit, guidance })).toThrow(
    "stage 'halves': expected a classifier of 3 classes at 4×4, as the stage has, got one of 2 at 4×4",
  )
})

test('of rectangular images, it guides stages of that size only', async () => {
  const { config } = classifier
  const wide = encoder({ ...config, resolution: [4, 6] })
  const bytes = Uint8Array.from(rng(2).integers([4, 8, 12, 1], 0, 256).data)
  const images = { shape: [4, 8, 12, 1], data: bytes }
  const dataset = imageDataset({ name: 'wide', images, labels: [0, 1, 0, 1], classNames: ['left', 'right'] })
  const { ema } = await trainClassifier(run({ classifier: wide, dataset, steps: 1, batchSize: 4, compile: eager }))
  const guidance = { name: 'classifier', classifier: { classifier: wide, params: ema }, scale: 1 } as const
  const stageOf = (resolution: [number, number]) => ({
    stage: baseStage({
      name: 'base',
      resolution,
      imageChannels: 1,
      classNames: ['left', 'right'],
      process,
      network: tinyNetwork(),
    }),
    params: tinyNetwork().init(rng(1)),
  })
  const sampler = stageSampler(stageOf([4, 6]), { sampler: ancestral(), steps: 2, compile: eager, guidance })
  const { shape } = await sampler.sample({ count: 2, labels: [0, 1], rng: rng(3) })
  expect(shape).toEqual([2, 4, 6, 1])
  expect(() => stageSampler(stageOf([6, 4]), { sampler: ancestral(), compile: eager, guidance })).toThrow(
    "stage 'base': expected a classifier of 2 classes at 6×4, as the stage has, got one of 2 at 4×6",
  )
})

test('trained on clean images, it classifies images that it has not seen', async () => {
  const untrained = classifier.init(rng(5))
  const { ema, losses } = await trainClassifier(run({ noised: false, steps: 60 }))
  expect(losses.at(-1)).toBeLessThan(0.1)
  expect(await accuracy(classifier, untrained, 200)).toBeLessThan(0.9)
  expect(await accuracy(classifier, ema, 200)).toBeGreaterThan(0.98)
})

test('in continuous time, and interrupted and resumed, it ends in the same state', async () => {
  const continuous = { schedule: { name: 'continuous-cosine' }, noiseInput: 'noise-level' } as const
  const { config } = classifier
  const onLevel = encoder({ ...config, noiseEmbedding: { name: 'noise-level' } })
  const options = run({ classifier: onLevel, process: continuous, steps: 4, batchSize: 4 })
  const whole = await trainClassifier(options)
  const checkpoint = { path: join(temporaryFolder(), 'classifier.safetensors') }
  const stop = new AbortController()
  const progress = ({ step }: { step: number }) => step === 2 && stop.abort()
  await expect(trainClassifier({ ...options, checkpoint, progress, signal: stop.signal })).rejects.toThrow(
    'train: interrupted after step 2 of',
  )
  expect(await trainClassifier({ ...options, checkpoint })).toEqual(whole)
})

test('a process that ends in pure noise can be learned from: what is predicted does not matter to a classifier', async () => {
  const process = { schedule: { name: 'linear', steps: 20 } } as const
  expect((await trainClassifier(run({ process, steps: 2 }))).losses.every(Number.isFinite)).toBe(true)
})

describe('says what does not fit', () => {
  test.each([
    [{ classifer: classifier }, "trainClassifier: unknown option 'classifer'. Did you mean 'classifier'?"],
    [{ classifier: classifier.config }, 'trainClassifier: expected a classifier, as encoder of unet makes them, got'],
    [
      { dataset: undefined },
      'classifier: expected a dataset (imageDataset({ … }), or { name, count, channels, read }), got undefined',
    ],
    [{ compile: undefined }, 'trainClassifier: expected compile, a function (jit of'],
    [
      { process: 'cosine' },
      "process: expected an object with schedule, prediction, variance, noiseInput, got 'cosine'",
    ],
    [{ checkpoint: { path: '/tmp' } }, 'checkpoint /tmp: expected the path of a file'],
  ])('options: %j', async (wrong, message) => {
    await expect(trainClassifier({ ...run(), ...(wrong as object) })).rejects.toThrow(message)
  })

  test('data', async () => {
    await expect(trainClassifier(run({ dataset: halves(4, 2) }))).rejects.toThrow(
      "classifier: expected images of 4×4×1, or larger ones of the same aspect ratio, got 2×2×1 in 'halves'",
    )
    const dataset = { ...halves(4, 4), classNames: ['left', 'right', 'neither'] }
    await expect(trainClassifier(run({ dataset }))).rejects.toThrow("expected 2 classes, got 3 in 'halves'")
  })

  test('a checkpoint of a stage', async () => {
    const path = join(temporaryFolder(), 'base.safetensors')
    const dataset = halves(4, 2)
    await trainStage({
      stage: tinyBase(),
      dataset,
      steps: 1,
      batchSize: 2,
      learningRate: 0.1,
      seed: 1,
      compile: eager,
      checkpoint: { path },
    })
    await expect(loadClassifier(path)).rejects.toThrow(
      `loadClassifier: expected a classifier in ${path}, got 'cascade stage'`,
    )
  })
})
