import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { unet } from './unet.ts'

const net = unet({
  resolution: 8,
  imageChannels: 3,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  attentionResolutions: [4],
  numClasses: 40,
  lowRes: { channels: 3 },
  augmentationLevels: true,
})
const params = net.init(rng(1))
const moments = (name: string) => {
  const { data } = params[name]!
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length
  const deviation = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length)
  return { mean, deviation, largest: Math.max(...data.map(Math.abs)) }
}

test('has the shapes that parameterShapes says', () => {
  expect(Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, shape]))).toEqual(
    net.parameterShapes,
  )
})

test.each([
  ['time.0.kernel', 32],
  ['input.kernel', 9 * 6],
  ['down.1.0.conv1.kernel', 9 * 32],
  ['down.1.0.skip.kernel', 32],
  ['middle.0.attention.qkv.kernel', 64],
])('%s is uniform within 1/√fanIn', (name, fanIn) => {
  const { mean, deviation, largest } = moments(name)
  const bound = 1 / Math.sqrt(fanIn)
  expect(largest).toBeLessThanOrEqual(bound)
  expect(largest).toBeGreaterThan(0.99 * bound)
  expect(Math.abs(mean)).toBeLessThan(0.05 * bound)
  expect(Math.abs(deviation / (bound / Math.sqrt(3)) - 1)).toBeLessThan(0.05)
})

test('class embeddings are standard normal', () => {
  const { mean, deviation } = moments('label.embedding')
  expect(Math.abs(mean)).toBeLessThan(0.05)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.05)
})

test('the last layers start at zero, and no other kernels', () => {
  const zero = Object.keys(params).filter((name) => name.endsWith('.kernel') && moments(name).largest === 0)
  const last = ['conv2.kernel', 'attention.out.kernel', 'output.conv.kernel']
  expect(zero).toEqual(Object.keys(params).filter((name) => last.some((end) => name.endsWith(end))))
  expect(zero.length).toBe(8 + 4 + 1)
})

test('a weight depends on the seed and its name only', () => {
  const smaller = unet({
    resolution: 4,
    imageChannels: 3,
    baseChannels: 32,
    channelMultipliers: [1],
    residualBlocks: 1,
  })
  const again = smaller.init(rng(1))
  expect(again['down.0.0.conv1.kernel']).toEqual(params['down.0.0.conv1.kernel'])
  expect(smaller.init(rng(2))['down.0.0.conv1.kernel']).not.toEqual(again['down.0.0.conv1.kernel'])
  expect(again['down.0.0.conv1.bias']!.data[0]).not.toBe(again['middle.0.conv1.bias']!.data[0])
})
