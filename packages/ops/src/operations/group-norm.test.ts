import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkOp } from '../check-op.ts'
import { registerCpuKernel } from '../cpu-kernel.ts'
import { groupNorm } from './group-norm.ts'

const [n, h, w, c] = [2, 3, 2, 6] as const
const groups = 2
const width = c / groups

/** The indices of the elements of one image's group. */
const members = (image: number, group: number) =>
  Array.from(
    { length: h * w * width },
    (_, i) => (image * h * w + Math.floor(i / width)) * c + group * width + (i % width),
  )

/** Calls `visit` for each group with its elements, their mean and 1 / standard deviation. */
function eachGroup(x: ArrayLike<number>, epsilon: number, visit: (at: number[], mean: number, gain: number) => void) {
  for (let image = 0; image < n; image++)
    for (let group = 0; group < groups; group++) {
      const at = members(image, group)
      const mean = at.reduce((sum, i) => sum + x[i]!, 0) / at.length
      const variance = at.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / at.length
      visit(at, mean, 1 / Math.sqrt(variance + epsilon))
    }
}

/** The place of the scale of an element in [C] or [N, C]. */
const scaleIndex = (i: number, scale: ArrayLike<number>) =>
  (scale.length === c ? 0 : Math.floor(i / (h * w * c)) * c) + (i % c)

function reference(x: ArrayLike<number>, scale: ArrayLike<number>, shift: ArrayLike<number>, epsilon: number) {
  const y = new Float64Array(x.length)
  eachGroup(x, epsilon, (at, mean, gain) => {
    for (const i of at) {
      const j = scaleIndex(i, scale)
      y[i] = (x[i]! - mean) * gain * scale[j]! + shift[j]!
    }
  })
  return y
}

const check = (shape: number[], epsilon?: number) =>
  checkOp({
    shapes: [[n, h, w, c], shape, shape],
    op: (x, scale, shift) => groupNorm(x as tf.Tensor4D, scale!, shift!, { groups, epsilon }),
    reference: (x, scale, shift) => reference(x!, scale!, shift!, epsilon ?? 1e-5),
  })

test('normalises each group, with its gradients', () => check([c]))
test('takes a scale and a shift for each image', () => check([n, c]))
test('adds epsilon to the variance', () => check([c], 0.5))

test('keeps its precision far from zero', () => {
  const x = Float32Array.from({ length: n * h * w * c }, (_, i) => 1000 + Math.sin(i * i))
  const [ones, none] = [new Float32Array(c).fill(1), new Float32Array(c)]
  const y = groupNorm(tf.tensor4d(x, [n, h, w, c]), tf.tensor1d(ones), tf.tensor1d(none), { groups }).dataSync()
  const expected = reference(x, ones, none, 1e-5)
  expect(greatestDifference(y, expected)).toBeLessThan(2e-4)
})

test('runs the kernels GroupNorm and GroupNormGrad of a backend that has them', () => {
  const forward = registerCpuKernel('GroupNorm', ({ x, scale, shift }, { epsilon }) => [
    reference(x!.values, scale!.values, shift!.values, epsilon!),
  ])
  const backward = registerCpuKernel('GroupNormGrad', ({ dy, x, scale }, { epsilon }) => {
    const dx = new Float32Array(x!.values.length)
    const [dScale, dShift] = [scale!.values.map(() => 0), scale!.values.map(() => 0)]
    eachGroup(x!.values, epsilon!, (at, mean, gain) => {
      const normalised = at.map((i) => (x!.values[i]! - mean) * gain)
      const d = at.map((i) => dy!.values[i]! * scale!.values[scaleIndex(i, scale!.values)]!)
      const meanD = d.reduce((sum, v) => sum + v, 0) / d.length
      const meanProduct = d.reduce((sum, v, k) => sum + v * normalised[k]!, 0) / d.length
      at.forEach((i, k) => {
        const j = scaleIndex(i, scale!.values)
        dx[i] = gain * (d[k]! - meanD - normalised[k]! * meanProduct)
        dScale[j]! += dy!.values[i]! * normalised[k]!
        dShift[j]! += dy!.values[i]!
      })
    })
    return [dx, { shape: scale!.shape, values: dScale }, { shape: scale!.shape, values: dShift }]
  })
  check([c])
  check([n, c], 1e-3)
  expect(forward.map((attrs) => attrs.epsilon)).toEqual([1e-5, 1e-5, 1e-3, 1e-3])
  expect(backward).toEqual([
    { groups, epsilon: 1e-5 },
    { groups, epsilon: 1e-3 },
  ])
})

test('says what does not fit', () => {
  const x = tf.zeros([n, h, w, c]) as tf.Tensor4D
  const [one, each] = [tf.ones([c]), tf.ones([n, c])]
  expect(() => groupNorm(x, one, one, { groups: 4 })).toThrow(
    'groupNorm: expected groups to divide the 6 channels, got 4',
  )
  expect(() => groupNorm(x, one, tf.ones([3]), { groups })).toThrow('expected shift of shape [6] or [2,6], got [3]')
  expect(() => groupNorm(x, one, each, { groups })).toThrow('scale and shift of one shape, got [6] and [2,6]')
})
