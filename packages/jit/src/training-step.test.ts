import '@tensorflow/tfjs-backend-cpu'
import { float32, type NDArray, zeros } from '@cascade-diffusion/arrays'
import { eager, groupNorm, silu } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { onnxRuntimeNode } from './engines/onnxruntime-node.ts'
import { jit } from './jit.ts'
import { cpu, cpuExact, portable } from './lower/target.ts'
import { expectClose } from './testing/agreement.ts'

type Params<T> = Record<string, T>

interface State<T> {
  params: Params<T>
  /** Adam's means of gradients and of their squares. */
  mean: Params<T>
  square: Params<T>
  step: T
}

const shapes: Params<number[]> = {
  stem: [3, 3, 3, 16],
  gain: [16],
  shift: [16],
  conv: [3, 3, 16, 16],
  down: [3, 3, 16, 20],
  point: [1, 1, 20, 20],
  dense: [20, 5],
  bias: [5],
}

/**
 * A small classifier of images [N, 8, 8, 3] with a residual block, a stride and a 1×1 convolution: the logits [N, 5].
 */
function logits(p: Params<tf.Tensor>, images: tf.Tensor4D): tf.Tensor2D {
  const conv = (x: tf.Tensor, name: string, stride = 1) =>
    tf.conv2d(x as tf.Tensor4D, p[name] as tf.Tensor4D, stride, 'same')
  const stem = conv(images, 'stem')
  const block = conv(silu(groupNorm(stem, p.gain!, p.shift!, { groups: 4 })), 'conv')
  const small = tf.relu(conv(conv(tf.add(stem, block), 'down', 2), 'point'))
  return tf.add(tf.matMul(tf.mean(small, [1, 2]) as tf.Tensor2D, p.dense as tf.Tensor2D), p.bias!)
}

/** One step of Adam (Kingma & Ba 2015) on the cross entropy. */
function trainingStep({ params, mean, square, step }: State<tf.Tensor>, images: tf.Tensor4D, labels: tf.Tensor1D) {
  const names = Object.keys(params)
  const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) => {
    const y = logits(Object.fromEntries(names.map((name, i) => [name, list[i]!])), images)
    const target = tf.oneHot(labels, 5)
    return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(y)), 1)))
  })(names.map((name) => params[name]!))

  const [rate, beta1, beta2, epsilon] = [0.01, 0.9, 0.99, 1e-5]
  const next = tf.add(step, 1)
  const map = (fn: (name: string, g: tf.Tensor) => tf.Tensor) =>
    Object.fromEntries(names.map((name, i) => [name, fn(name, grads[i]!)]))
  const average = (old: Params<tf.Tensor>, beta: number, of: (g: tf.Tensor) => tf.Tensor) =>
    map((name, g) => tf.add(tf.mul(old[name]!, beta), tf.mul(of(g), 1 - beta)))
  const m = average(mean, beta1, (g) => g)
  const v = average(square, beta2, tf.square)
  const corrected = (x: tf.Tensor, beta: number) => tf.div(x, tf.sub(1, tf.pow(beta, next)))
  const state: State<tf.Tensor> = {
    params: map((name) =>
      tf.sub(
        params[name]!,
        tf.mul(rate, tf.div(corrected(m[name]!, beta1), tf.add(tf.sqrt(corrected(v[name]!, beta2)), epsilon))),
      ),
    ),
    mean: m,
    square: v,
    step: next,
  }
  return { state, loss: value }
}

const key = rng(11)
const mapShapes = (fn: (shape: number[], name: string) => NDArray) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, fn(shape, name)]))

const start = (): State<NDArray> => ({
  params: mapShapes((shape, name) => {
    const array = key.fold(name).normal(shape)
    const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1)
    return float32(
      array.data.map((x) => x / Math.sqrt(fanIn)),
      shape,
    )
  }),
  mean: mapShapes((shape) => zeros(shape)),
  square: mapShapes((shape) => zeros(shape)),
  step: float32(0),
})

const batch = (i: number) => [
  key.fold('images').fold(i).normal([3, 8, 8, 3]),
  key.fold('labels').fold(i).integers([3], 0, 5),
]

test('a whole training step, traced, goes where the eager one goes', async () => {
  const run = async (step: (...args: never[]) => Promise<unknown>) => {
    const results: { state: State<NDArray>; loss: NDArray }[] = []
    let state = start()
    for (let i = 0; i < 4; i++) {
      const result = (await step(...([state, ...batch(i)] as never[]))) as (typeof results)[number]
      state = result.state
      results.push(result)
    }
    return results
  }
  await tf.setBackend('cpu')
  const expected = await run(eager(trainingStep) as never)
  for (const target of [cpu, cpuExact, portable]) {
    const compiled = jit(trainingStep, { engine: onnxRuntimeNode({ target, threads: 1 }) })
    expectClose(await run(compiled as never), expected, 1e-4, target.name)
    await compiled.dispose()
  }
  // The four steps really moved the parameters.
  const moved = expected.at(-1)!.state.params.conv!.data.map((x, i) => x - start().params.conv!.data[i]!)
  expect(Math.max(...moved)).toBeGreaterThan(0.02)
})
