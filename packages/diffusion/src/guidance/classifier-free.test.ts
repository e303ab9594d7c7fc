import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { classifierFreeGuidance } from './classifier-free.ts'
import { dropLabels, withoutLabel } from './labels.ts'

interface Condition {
  readonly label: tf.Tensor1D
  readonly lowRes: tf.Tensor4D
}

/** x + lowRes + 10 label, and a variance of label: -1 for no label. */
const network = vi.fn((xt: tf.Tensor4D, noise: tf.Tensor1D, { label, lowRes }: Condition): tf.Tensor4D => {
  const perImage = (x: tf.Tensor) => tf.reshape(tf.cast(x, 'float32'), [-1, 1, 1, 1])
  const shift = tf.add(tf.mul(10, perImage(label)), perImage(noise))
  return tf.add(tf.add(xt, lowRes), shift)
})
const learned = (xt: tf.Tensor4D, noise: tf.Tensor1D, condition: Condition): tf.Tensor4D => {
  const label = tf.reshape(tf.cast(condition.label, 'float32'), [-1, 1, 1, 1])
  const variance: tf.Tensor4D = tf.add(tf.zerosLike(xt), label)
  return tf.concat([network(xt, noise, condition), variance], 3)
}

const xt = float32([0.5, -1], [2, 1, 1, 1])
const condition = { label: int32([3, 4]), lowRes: float32([0.25, 2], [2, 1, 1, 1]) }
const noise = float32([100, 700])
const plain = [0.5 + 0.25 + 100, -1 + 2 + 700]

const call = (compile: Compile, guided: typeof network | typeof learned): Promise<NDArray> =>
  compile(guided)(xt, noise, condition)

test.each([
  ['eagerly', eager as Compile],
  ['compiled', jit as Compile],
])('extrapolates from the unconditional prediction beyond the conditional one, %s', async (_, compile) => {
  const unconditional = withoutLabel()
  network.mockClear()
  const { data } = await call(compile, classifierFreeGuidance(network, { scale: 2.5, unconditional }))
  // The label moves the network from 10 · -1 to 10 · label.
  expect(data[0]).toBeCloseTo(plain[0]! - 10 + 2.5 * 40, 3)
  expect(data[1]).toBeCloseTo(plain[1]! - 10 + 2.5 * 50, 3)
  expect(network).toHaveBeenCalledTimes(1)

  const within = classifierFreeGuidance(network, { scale: 2.5, unconditional, interval: [200, 800] })
  const inside = await call(compile, within)
  expect(inside.data[0]).toBeCloseTo(plain[0]! + 30, 3)
  expect(inside.data[1]).toBeCloseTo(plain[1]! - 10 + 2.5 * 50, 3)

  const both = await call(compile, classifierFreeGuidance(learned, { scale: 2.5, unconditional }))
  expect(both.shape).toEqual([2, 1, 1, 2])
  expect(both.data[0]).toBeCloseTo(plain[0]! - 10 + 2.5 * 40, 3)
  expect([both.data[1], both.data[3]]).toEqual([3, 4])
})

test('refuses a scale, an interval or a condition that is invalid', () => {
  expect(() => classifierFreeGuidance(network, { scale: Number.NaN, unconditional: (c) => c })).toThrow(
    'a finite scale',
  )
  const backwards = { scale: 2, unconditional: (c: Condition) => c, interval: [8, 2] } as const
  expect(() => classifierFreeGuidance(network, backwards)).toThrow('expected an interval from low to high, got 8 to 2')
  const other = classifierFreeGuidance(network, { scale: 2, unconditional: ({ label }) => ({ label }) as never })
  const tensors = { label: tf.tensor1d([1], 'int32'), lowRes: tf.zeros([1, 1, 1, 1]) as tf.Tensor4D }
  expect(() => other(tf.zeros([1, 1, 1, 1]), tf.zeros([1]), tensors)).toThrow(
    'expected an unconditional condition of [label,lowRes], got [label]',
  )
})

test('drops labels with the given probability and keeps the others', () => {
  const labels = int32(Array.from({ length: 20000 }, (_, i) => i % 10))
  const dropped = dropLabels(labels, { probability: 0.15, rng: rng(3) })
  const share = dropped.data.filter((label) => label === -1).length / 20000
  expect(Math.abs(share - 0.15)).toBeLessThan(4 * Math.sqrt((0.15 * 0.85) / 20000))
  dropped.data.forEach((label, i) => void (label === -1 || expect(label).toBe(labels.data[i])))
  expect(dropLabels(labels, { probability: 1, noLabel: 10, rng: rng(3) }).data.every((label) => label === 10)).toBe(
    true,
  )
  expect(dropLabels(labels, { probability: 0, rng: rng(3) })).toEqual(labels)
  expect(() => dropLabels(labels, { probability: 2, rng: rng(3) })).toThrow('a probability from 0 to 1, got 2')
})

test('a condition without labels is not changed', () => {
  const condition: { label?: tf.Tensor1D; other: number } = { other: 1 }
  expect(withoutLabel()(condition)).toBe(condition)
})
