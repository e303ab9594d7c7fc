import '@tensorflow/tfjs-backend-cpu'
import { float32, int32, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { imageSize } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { type ClassifierParams, classifier } from './classifier.ts'

beforeAll(() => tf.setBackend('cpu'))

const small = classifier({ resolution: 16, imageChannels: 1, numClasses: 3, width: 8, featureSize: 8 })
const params = small.init(rng(0))

const toTensors = (arrays: ClassifierParams<NDArray>): ClassifierParams =>
  Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, tf.tensor(a.data, [...a.shape])]))

test.each([
  { resolution: 16, imageChannels: 1 },
  { resolution: 32, imageChannels: 1 },
  { resolution: 64, imageChannels: 3 },
  { resolution: [16, 48] as const, imageChannels: 2 },
])('shapes at $resolution with $imageChannels channels', async (images) => {
  const network = classifier({ ...images, numClasses: 10 })
  const weights = network.init(rng(0))
  const x = rng(1).normal([2, ...imageSize('test', images.resolution), images.imageChannels])
  const features = await eager(network.features)(weights, x)
  const logits = await eager(network.logits)(weights, x)
  expect(features.shape).toEqual([2, 64])
  expect(logits.shape).toEqual([2, 10])
  expect(logits.data.every(Number.isFinite)).toBe(true)
})

test('init is a pure function of the key, with variance 2 / inputs', () => {
  const network = classifier({ resolution: 32, imageChannels: 1, numClasses: 10 })
  const weights = network.init(rng(5))
  expect(network.init(rng(5))).toEqual(weights)
  expect(network.init(rng(6))).not.toEqual(weights)
  const { data } = weights['features.weight']!
  const variance = data.reduce((sum, x) => sum + x * x, 0) / data.length
  expect(Math.abs(variance * 1024 - 2)).toBeLessThan(0.05)
  const size = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0)
  expect(size).toBe(9 * 16 + 9 * 16 * 32 + 9 * 32 * 64 + 2 * (16 + 32 + 64) + 1024 * 64 + 64 + 64 * 10 + 10)
})

test('the loss is the mean cross-entropy of the logits', async () => {
  const image = rng(1).normal([4, 16, 16, 1])
  const labels = [0, 2, 1, 2]
  const { data } = await eager(small.logits)(params, image)
  const expected = labels.map((label, i) => {
    const row = [...data.subarray(3 * i, 3 * i + 3)]
    return Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[label]!
  })
  const loss = await eager(small.loss)(params, { image, label: int32(labels) })
  expect(loss.data[0]).toBeCloseTo(expected.reduce((sum, x) => sum + x, 0) / 4, 5)
})

test('a single class is certain: the loss is 0', async () => {
  const one = classifier({ resolution: 16, imageChannels: 1, numClasses: 1, width: 8, featureSize: 8 })
  const image = rng(1).normal([4, 16, 16, 1])
  const loss = await eager(one.loss)(one.init(rng(0)), { image, label: int32([0, 0, 0, 0]) })
  expect(Math.abs(loss.data[0]!)).toBe(0)
})

test('the gradient of the loss is the slope along random directions', () => {
  const image = tf.tensor4d(rng(1).normal([3, 16, 16, 1]).data, [3, 16, 16, 1])
  const label = tf.tensor1d([0, 1, 2], 'int32')
  const names = Object.keys(params)
  const weights = toTensors(params)
  const loss = (...tensors: tf.Tensor[]) =>
    small.loss(Object.fromEntries(tensors.map((t, i) => [names[i]!, t])), { image, label })
  const gradients = tf.grads(loss)(names.map((name) => weights[name]!))
  for (const [i, name] of names.entries()) {
    const direction = rng(9).fold(name).normal(params[name]!.shape)
    const at = (step: number) => {
      const moved = tf.tensor(
        params[name]!.data.map((x, k) => x + step * direction.data[k]!),
        [...direction.shape],
      )
      return loss(...names.map((other) => (other === name ? moved : weights[other]!))).dataSync()[0]!
    }
    const slope = gradients[i]!.dataSync<'float32'>().reduce((sum, g, k) => sum + g * direction.data[k]!, 0)
    const step = 2e-3
    expect(Math.abs((at(step) - at(-step)) / (2 * step) - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)))
  }
})

test.each([4, 8, 12, 15, 28, 33, [8, 40]] as const)('images of any size have features: %s', async (resolution) => {
  const network = classifier({ resolution, imageChannels: 1, numClasses: 2, width: 8, featureSize: 5 })
  const [height, width] = typeof resolution === 'number' ? [resolution, resolution] : resolution
  const weights = network.init(rng(0))
  const features = await eager(network.features)(weights, rng(1).normal([3, height, width, 1]))
  expect(features.shape).toEqual([3, 5])
  expect(new Set(features.data.map(Math.fround)).size).toBeGreaterThan(5)
})

test('bad configurations and images are refused', async () => {
  const base = { imageChannels: 1, numClasses: 2 }
  expect(() => classifier({ ...base, resolution: [3, 28] })).toThrow(
    'classifier: expected a resolution of at least 4×4, got 3×28',
  )
  expect(() => classifier({ ...base, resolution: 32, width: 12 })).toThrow(
    'classifier: expected a width that is a multiple of 8, got 12',
  )
  expect(() => classifier({ ...base, resolution: 32, classes: 2 } as never)).toThrow(
    "classifier: unknown option 'classes'",
  )
  expect(() => classifier({ resolution: 32, imageChannels: 1 } as never)).toThrow(
    'classifier: expected numClasses, an integer from 1, got undefined',
  )
  const image = ndarray(new Float32Array(28 * 28), [1, 28, 28, 1])
  await expect(eager(small.logits)(params, image)).rejects.toThrow('of shape [N,16,16,1], got [1,28,28,1]')
  await expect(eager(small.features)(params, float32([1], [1, 1, 1, 1]))).rejects.toThrow('got [1,1,1,1]')
})
