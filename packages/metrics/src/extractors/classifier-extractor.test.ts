import '@tensorflow/tfjs-backend-cpu'
import { ndarray } from '@cascade-diffusion/arrays'
import { fromUint8, resizeImage, toUint8 } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { evaluator } from '../evaluator/evaluator.ts'
import { classAccuracy } from '../metrics/class-accuracy.ts'
import { classifier } from './classifier.ts'
import { classifierExtractor } from './classifier-extractor.ts'
import { extractor } from './extractor.ts'

const config = { resolution: 16, imageChannels: 1, numClasses: 3, width: 8, featureSize: 8 }
const network = classifier(config)
const params = network.init(rng(0))

test('gives the features and the logits of the classifier', async () => {
  const extractor = classifierExtractor({ config, params, compile: eager })
  expect(extractor).toMatchObject({
    dimension: 8,
    classes: 3,
    convention: { size: [16, 16], channels: 1, range: [-1, 1], resize: 'none' },
  })
  const x = rng(1).normal([2, 16, 16, 1])
  const { features, logits } = await extractor.extract(x)
  expect(features).toEqual(await eager(network.features)(params, x))
  expect(logits).toEqual(await eager(network.logits)(params, x))
  await extractor.dispose()
})

test('images of another size are resized as bytes, if asked for', async () => {
  const extractor = classifierExtractor({ config, params, compile: eager, resize: 'bilinear' })
  expect(extractor.convention).toEqual({ size: [16, 16], channels: 1, range: [-1, 1], resize: 'pillow-bilinear' })
  const x = rng(1).normal([2, 16, 16, 1])
  const { features } = await extractor.extract(x)
  expect(features).toEqual(await eager(network.features)(params, x))
  // A ramp of even steps: 0, 16, 32, … of 32 pixels gives the means of pairs but at the edges.
  const width = 32
  const ramp = { shape: [1, 2, width, 1], data: Uint8Array.from({ length: 2 * width }, (_, i) => 8 * (i % width)) }
  const small = Uint8Array.from({ length: 16 * 16 }, (_, i) => 16 * (i % 16) + 4)
  for (const [x, edge] of [
    [0, 6],
    [15, 242],
  ] as const)
    for (let y = 0; y < 16; y++) small[y * 16 + x] = edge
  const made = await extractor.extract(fromUint8(ramp))
  const expected = await eager(network.features)(params, fromUint8({ shape: [1, 16, 16, 1], data: small }))
  expect(made.features).toEqual(expected)
  await extractor.dispose()
})

test('an evaluator sees large images through it', async () => {
  const extractor = classifierExtractor({ config, params, compile: eager, resize: 'box' })
  const images = rng(3).normal([3, 24, 20, 1])
  const labels = ndarray(Int32Array.of(0, 1, 2), [3])
  const { accuracy } = await (
    await evaluator({ extractor, metrics: { accuracy: classAccuracy() }, batchSize: 4 })
  ).evaluate({
    images,
    labels,
  })
  const small = fromUint8(resizeImage(toUint8(images), 16, { filter: 'box' }))
  const exact = classifierExtractor({ config, params, compile: eager })
  const same = await evaluator({ extractor: exact, metrics: { accuracy: classAccuracy() }, batchSize: 4 })
  expect(accuracy).toEqual((await same.evaluate({ images: small, labels })).accuracy)
  await expect(same.evaluate({ images, labels })).rejects.toThrow(
    "expected images of shape [N, 16, 16, 1] for the extractor 'classifier', got [3,24,20,1]",
  )
  expect(() => classifierExtractor({ config, params, compile: eager, resize: 'cubic' as never })).toThrow(
    "classifierExtractor: expected resize, one of 'box', 'bilinear'",
  )
})

test('weights of another classifier, and unknown options, are refused', async () => {
  const { 'logits.weight': _, ...incomplete } = params
  expect(() => classifierExtractor({ config, params: incomplete, compile: eager })).toThrow(
    "closeOver: expected the weight 'logits.weight' of shape [8,3], got none",
  )
  const wide = classifier({ ...config, width: 16 }).init(rng(0))
  expect(() => classifierExtractor({ config, params: wide, compile: eager })).toThrow(
    "expected the weight 'stem.weight' of shape [3,3,1,8], got [3,3,1,16]",
  )
  expect(() => classifierExtractor({ config, weights: params, compile: eager } as never)).toThrow(
    "classifierExtractor: unknown option 'weights'",
  )
})

test('an extractor without its function or engine is refused', () => {
  expect(() => extractor({} as never)).toThrow(
    'extractor: expected run, a function ((images) => ({ features, logits }))',
  )
  expect(() => extractor({ run: () => {} } as never)).toThrow('extractor: expected compile, a function (jit of')
})
