import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkOp } from '../check-op.ts'
import { registerCpuKernel } from '../cpu-kernel.ts'
import { silu } from './silu.ts'

const reference = (x: Float64Array) => x.map((v) => v / (1 + Math.exp(-v)))
const check = () => checkOp({ shapes: [[2, 3, 5]], op: (x) => silu(x!), reference: (x) => reference(x!), scale: 6 })

test('is x · sigmoid(x), with its gradient', check)

test('does not overflow far from zero', () => {
  expect(Array.from(silu(tf.tensor1d([-200, 0, 200])).dataSync(), Math.round)).toEqual([-0, 0, 200])
})

test('runs the kernels Silu and SiluGrad of a backend that has them', () => {
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
  const forward = registerCpuKernel('Silu', ({ x }) => [x!.values.map((v) => v * sigmoid(v))])
  const backward = registerCpuKernel('SiluGrad', ({ dy, x }) => [
    x!.values.map((v, i) => dy!.values[i]! * sigmoid(v) * (1 + v * (1 - sigmoid(v)))),
  ])
  check()
  expect([forward.length, backward.length]).toEqual([2, 1])
})
