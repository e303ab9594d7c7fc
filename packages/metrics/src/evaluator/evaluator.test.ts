import '@tensorflow/tfjs-backend-cpu'
import { float32, int32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { imageDataset } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import { type Extractor, extractor } from '../extractors/extractor.ts'
import { featureStatistics } from '../frechet/feature-statistics.ts'
import { frechetDistance } from '../frechet/frechet-distance.ts'
import { frechetReference } from '../frechet/frechet-reference.ts'
import { symmetricEigen } from '../frechet/symmetric-eigen.ts'
import { type ClassAccuracyFigure, classAccuracy } from '../metrics/class-accuracy.ts'
import { type FidFigure, fid } from '../metrics/fid.ts'
import type { Figure, Metric } from '../metrics/metric.ts'
import { collect, mergeCollected } from './collect.ts'
import { type Evaluator, evaluator } from './evaluator.ts'

vi.mock('../frechet/symmetric-eigen.ts', { spy: true })

/** Features are the means of the columns, logits those of the rows. */
const means = extractor({
  name: 'means',
  convention: { size: [3, 4], channels: 1, range: [-1, 1], resize: 'none' },
  dimension: 4,
  classes: 3,
  run: (x) => ({
    features: tf.squeeze(tf.mean(x, 1), [2]) as tf.Tensor2D,
    logits: tf.squeeze(tf.mean(x, 2), [2]) as tf.Tensor2D,
  }),
  compile: eager,
})

/** The images' features, by themselves. */
const featuresOf = ({ data, shape: [n = 0] }: NDArray) =>
  float32(
    Array.from({ length: 4 * n }, (_, k) => {
      const [i, x] = [Math.floor(k / 4), k % 4]
      return [0, 1, 2].reduce((sum, y) => sum + data[(i * 3 + y) * 4 + x]!, 0) / 3
    }),
    [n, 4],
  )

const draw = (seed: number, n: number) => rng(seed).uniform([n, 3, 4, 1])
const labels = (n: number) => int32(Array.from({ length: n }, (_, i) => i % 3))
const real = { train: { images: draw(1, 40) }, test: { images: draw(2, 30) } }
const generated = { images: draw(3, 25), labels: labels(25) }
const metrics = { fid: fid(), accuracy: classAccuracy() }

beforeEach(() => {
  vi.mocked(symmetricEigen).mockClear()
})

test('gives each metric its figures: one for each reference, or one', async () => {
  const evaluation = await (await evaluator({ extractor: means, metrics, references: real, batchSize: 7 })).evaluate(
    generated,
  )
  for (const [name, { images }] of Object.entries(real)) {
    const { distance } = frechetDistance(
      featureStatistics(featuresOf(generated.images)),
      frechetReference(featureStatistics(featuresOf(images))),
    )
    expect(evaluation.fid[name as 'train' | 'test'].value).toBeCloseTo(distance, 6)
  }
  expect(evaluation.fid.train.counts).toEqual([25, 40])
  const right = generated.labels.data.filter((label, i) => {
    const rowsOf = [0, 1, 2].map((y) =>
      rows(generated.images, i, i + 1)
        .data.slice(4 * y, 4 * y + 4)
        .reduce((a, b) => a + b),
    )
    return rowsOf.indexOf(Math.max(...rowsOf)) === label
  }).length
  expect(evaluation.accuracy.value).toBe(right / 25)
  expect(right).toBeGreaterThan(0)
})

test('its figures are typed by its metrics and references', async () => {
  const made = await evaluator({ extractor: means, metrics, references: real })
  type Evaluation = Awaited<ReturnType<typeof made.evaluate>>
  expectTypeOf<Evaluation['fid']>().toEqualTypeOf<Readonly<Record<'train' | 'test', FidFigure>>>()
  expectTypeOf<Evaluation['accuracy']>().toEqualTypeOf<ClassAccuracyFigure>()
  expectTypeOf(made).toExtend<Evaluator>()
})

test('features are computed once for all metrics, and references once for all evaluations', async () => {
  const extract = vi.fn(means.extract)
  const spied: Extractor = { ...means, extract }
  const made = await evaluator({ extractor: spied, metrics, references: real, batchSize: 10 })
  expect(extract).toHaveBeenCalledTimes(4 + 3)
  const first = await made.evaluate(generated)
  expect(extract).toHaveBeenCalledTimes(7 + 3)
  expect(await made.evaluate(generated)).toEqual(first)
  expect(extract).toHaveBeenCalledTimes(10 + 3)
  expect(symmetricEigen).toHaveBeenCalledTimes(2)
})

test('the figures of merged parts are those of all images; batches of another size change nothing but rounding', async () => {
  const made = await evaluator({ extractor: means, metrics, references: real })
  const whole = await made.evaluate(generated)
  const part = (from: number, to: number) =>
    collect(made, { images: rows(generated.images, from, to), labels: rows(generated.labels, from, to) }, 'generated', {
      batchSize: 4,
    })
  const merged = await made.finish(mergeCollected(metrics, await part(10, 25), await part(0, 10)))
  expect(merged.accuracy).toEqual(whole.accuracy)
  expect(merged.fid.test.value).toBeCloseTo(whole.fid.test.value, 12)
})

test('references may be given as states that were collected before', async () => {
  const collected = await collect({ extractor: means, metrics }, real.train, 'reference')
  expect(Object.keys(collected)).toEqual(['fid'])
  const made = await evaluator({ extractor: means, metrics, references: { train: { collected } } })
  const all = await evaluator({ extractor: means, metrics, references: real })
  expect((await made.evaluate(generated)).fid.train).toEqual((await all.evaluate(generated)).fid.train)
})

test('a source is read in batches', async () => {
  const bytes = Uint8Array.from(rng(5).uniform([12, 4, 4, 1]).data, (u) => Math.floor(256 * u))
  const dataset = imageDataset({
    name: 'bytes',
    images: { shape: [12, 4, 4, 1], data: bytes },
    labels: Array.from({ length: 12 }, (_, i) => i % 2),
    classNames: ['a', 'b'],
  })
  const corners = extractor({
    name: 'corners',
    convention: { size: [4, 4], channels: 1, range: [-1, 1], resize: 'none' },
    dimension: 2,
    classes: 2,
    run: (x) => {
      const two = tf.reshape(tf.slice(x, [0, 0, 0, 0], [-1, 1, 2, 1]), [-1, 2]) as tf.Tensor2D
      return { features: two, logits: two }
    },
    compile: eager,
  })
  const made = await evaluator({ extractor: corners, metrics, references: { itself: dataset }, batchSize: 5 })
  const { fid, accuracy } = await made.evaluate(dataset)
  expect(fid.itself.value).toBeLessThan(1e-12)
  const right = Array.from({ length: 12 }, (_, i) => Number(bytes[16 * i]! < bytes[16 * i + 1]!) === i % 2)
  expect(accuracy.value).toBeCloseTo(right.filter(Boolean).length / 12, 12)
})

test('a custom metric takes part as the built-in ones do', async () => {
  const brightness: Metric<'images', { sum: number; count: number }, { sum: number; count: number }, Figure> = {
    name: 'brightness',
    better: 'lower',
    needs: { generated: ['images'], reference: ['images'] },
    start: () => ({ sum: 0, count: 0 }),
    add: ({ sum, count }, { images }) => ({
      sum: sum + images.data.reduce((a, b) => a + b, 0),
      count: count + images.data.length,
    }),
    merge: (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
    finish: (a, b) => ({ value: Math.abs(a.sum / a.count - b.sum / b.count) }),
  }
  const extract = vi.fn(means.extract)
  const made = await evaluator({
    extractor: { ...means, extract },
    metrics: { brightness },
    references: real,
    batchSize: 6,
  })
  const { brightness: figures } = await made.evaluate(generated)
  const mean = ({ data }: NDArray<'float32'>) => data.reduce((a, b) => a + b, 0) / data.length
  expect(figures.test.value).toBeCloseTo(Math.abs(mean(generated.images) - mean(real.test.images)), 6)
  expect(extract).not.toHaveBeenCalled()
})

test('progress is reported, and an abort ends it', async () => {
  const progress = vi.fn()
  const made = await evaluator({ extractor: means, metrics, references: real })
  await made.evaluate(generated, { batchSize: 10, progress })
  expect(progress.mock.calls.map(([{ done, count }]) => [done, count])).toEqual([
    [10, 25],
    [20, 25],
    [25, 25],
  ])
  const controller = new AbortController()
  await expect(
    made.evaluate(generated, { batchSize: 10, progress: () => controller.abort(), signal: controller.signal }),
  ).rejects.toMatchObject({ code: 'interrupted', message: 'evaluator: interrupted' })
})

test('what does not go together is refused', async () => {
  const refused = (changes: object, message: string) =>
    expect(evaluator({ extractor: means, metrics, references: real, ...changes } as never)).rejects.toThrow(message)
  await refused({ metric: metrics }, "evaluator: unknown option 'metric'. Did you mean 'metrics'?")
  await refused({ extractor: undefined }, 'evaluator: expected an extractor, as classifierExtractor makes it')
  await refused({ metrics: {} }, 'evaluator: expected metrics by name, such as { fid: fid() }')
  await refused({ metrics: { fid } }, "evaluator: expected a metric, as fid() makes it, got the function fid at 'fid'")
  await refused(
    { metrics: { fid: { ...fid(), needs: undefined } } },
    'expected a metric, as fid() makes it, got an object',
  )
  await refused(
    { metrics: { fid: { ...fid(), merge: undefined } } },
    'expected a metric, as fid() makes it, got an object',
  )
  await refused(
    { references: { train: null } },
    'evaluator: reference images: expected { images, labels } or a source of images, got null',
  )
  await refused({ references: {} }, "evaluator: expected references, which the metric 'fid' needs, got none")
  await refused(
    { extractor: { ...means, classes: undefined } },
    "evaluator: expected an extractor with classes for the metric 'accuracy', got 'means' without",
  )
  await refused(
    { extractor: { ...means, convention: undefined } },
    "a dimension of the extractor 'means', got undefined and 4",
  )
  await refused(
    { extractor: { ...means, extract: async () => undefined } },
    "extractor 'means': expected features of shape",
  )
  for (const [figure, got] of [
    [undefined, 'undefined'],
    [3, '3'],
    [{ value: Number.NaN }, 'a value of NaN'],
    [{ value: 'x' }, "a value of 'x'"],
  ] as const) {
    const { evaluate } = await evaluator({
      extractor: means,
      metrics: { accuracy: { ...metrics.accuracy, finish: () => figure as never } },
    })
    await expect(evaluate(generated)).rejects.toThrow(
      `evaluator: expected the metric 'accuracy' to give { value }, a number, got ${got}`,
    )
  }
  await refused({ batchSize: 0 }, 'evaluator: expected batchSize, an integer from 1, got 0')
  await refused(
    { references: { train: 3 } },
    'reference images: expected { images, labels } or a source of images, got 3',
  )
  const custom = (part: object) => ({ metrics: { custom: { ...fid(), ...part } } })
  await refused(
    custom({ needs: { generated: ['image'], reference: ['features'] } }),
    "evaluator: expected needs of the metric 'custom', one of 'images', 'features', 'logits', 'labels'; got 'image'",
  )
  await refused(
    custom({ better: 'less' }),
    "expected better of the metric 'custom', one of 'lower', 'higher'; got 'less'",
  )
  await refused(custom({ name: undefined }), "evaluator: expected a name of the metric 'custom', got undefined")
  const made = await evaluator({ extractor: means, metrics, references: real })
  await expect(made.evaluate({ images: generated.images })).rejects.toThrow(
    "evaluator: expected labels, which the metric 'accuracy' needs, got none",
  )
  await expect(made.evaluate({ images: rng(1).uniform([2, 4, 4, 1]), labels: labels(2) })).rejects.toThrow(
    "evaluator: expected images of shape [N, 3, 4, 1] for the extractor 'means', got [2,4,4,1]",
  )
  await expect(made.evaluate({ images: generated.images, labels: labels(3) })).rejects.toThrow(
    'evaluator: expected 25 labels, one for each image, got [3]',
  )
})
