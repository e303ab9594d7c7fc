import { rng } from '@cascade-diffusion/random'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shuffledIndices } from './shuffled-indices.ts'

test('the batches laid end to end hold every example once an epoch, in a new order each time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), fc.nat(), (n, batchSize, seed) => {
      const indices = shuffledIndices(n, batchSize, rng(seed))
      const stream = Array.from({ length: Math.ceil((3 * n) / batchSize) }, (_, step) => [...indices(step)]).flat()
      for (let epoch = 0; epoch < 3; epoch++)
        expect(stream.slice(epoch * n, (epoch + 1) * n).sort((a, b) => a - b)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        )
    }),
  )
  const indices = shuffledIndices(1000, 1000, rng(0))
  expect(indices(0)).not.toEqual(indices(1))
})

test('a step depends on nothing but its number and the key', () => {
  const inOrder = shuffledIndices(10, 4, rng(3))
  const steps = Array.from({ length: 12 }, (_, step) => inOrder(step))
  const resumed = shuffledIndices(10, 4, rng(3))
  for (const step of [7, 2, 11, 2]) expect(resumed(step)).toEqual(steps[step])
  expect(shuffledIndices(1000, 1000, rng(4))(0)).not.toEqual(shuffledIndices(1000, 1000, rng(3))(0))
})

test('wrong arguments are errors', () => {
  expect(() => shuffledIndices(0, 4, rng(0))).toThrow('expected n, an integer from 1, got 0')
  expect(() => shuffledIndices(9, 1.5, rng(0))).toThrow('expected batchSize, an integer from 1, got 1.5')
  expect(() => shuffledIndices(9, 4, rng(0))(-1)).toThrow('expected a step, an integer from 0, got -1')
  expect(() => shuffledIndices(9, 4, 0 as never)).toThrow('expected rng, a key such as rng(0) gives, got 0')
})
