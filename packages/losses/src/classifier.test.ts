import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { type DiffusionProcess, type NoiseLevelTensors, noiseLevelArrays } from '@cascade-diffusion/diffusion'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { classifierLoss, classifierLossPerExample, labelLogProbability } from './classifier.ts'
import { relativeError, ways } from './test-support.ts'

const process: DiffusionProcess = {
  schedule: linearSchedule(50),
  prediction: 'epsilon',
  variance: 'fixed-large',
  noiseInput: 'timestep',
}
const [n, classes, pixels] = [3, 4, 8]
const random = rng(2)
const arrays = {
  x0: random.fold('x0').normal([n, 2, 2, 2]),
  epsilon: random.fold('epsilon').normal([n, 2, 2, 2]),
  t: int32([0, 20, 49]),
  label: int32([3, 0, 2]),
  weights: float32([0.5, 2, 1]),
}
const kernel = random.fold('kernel').normal([pixels, classes])

/** Logits: a product of the image with the kernel, and the noise input as it is for the last class. */
const classifierOf = (k: tf.Tensor) => (xt: tf.Tensor4D, noise: tf.Tensor1D) =>
  tf.add(
    tf.matMul(tf.reshape(xt, [-1, pixels]), k as tf.Tensor2D),
    tf.mul(tf.reshape(noise, [-1, 1]), tf.tensor2d([0, 0, 0, 0.01], [1, 4])),
  ) as tf.Tensor2D

type Level = { alpha: number; sigma: number; noise: number }
/** The same in float64: the cross entropy of each image. */
function reference(k: ArrayLike<number>, levels: readonly Level[]): number[] {
  return levels.map(({ alpha, sigma, noise }, i) => {
    const logits = Array.from({ length: classes }, (_, c) => {
      let sum = c === 3 ? 0.01 * noise : 0
      for (let p = 0; p < pixels; p++) {
        const at = i * pixels + p
        sum += (alpha * arrays.x0.data[at]! + sigma * arrays.epsilon.data[at]!) * k[p * classes + c]!
      }
      return sum
    })
    return Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0)) - logits[arrays.label.data[i]!]!
  })
}
const levelAt = (t: number): Level => {
  const { alphasCumprod } = process.schedule
  return { alpha: Math.sqrt(alphasCumprod[t]!), sigma: Math.sqrt(1 - alphasCumprod[t]!), noise: t }
}
const levels = Array.from(arrays.t.data, levelAt)

describe.each(ways)('%s', (_, compile) => {
  test('a single class is certain: ln 1, and no gradient', async () => {
    const logits = float32([-3, 0, 40], [3, 1])
    const of = compile((logits: tf.Tensor2D, label: tf.Tensor1D) => {
      const f = (x: tf.Tensor) => tf.sum(labelLogProbability(x as tf.Tensor2D, label))
      return { value: labelLogProbability(logits, label), slope: tf.grad(f)(logits) }
    })
    const { value, slope } = await of(logits, int32([0, 0, 0]))
    expect([value.shape, [...value.data].map(Math.abs)]).toEqual([[3], [0, 0, 0]])
    expect([...slope.data].map(Math.abs)).toEqual([0, 0, 0])
    await of.dispose()
  })

  test('the cross entropy of the class at x_t, and its average with weights', async () => {
    const loss = compile((given: { [name in keyof typeof arrays]: tf.Tensor }, k: tf.Tensor) => {
      const input = given as unknown as Parameters<typeof classifierLoss>[1]
      const model = { classifier: classifierOf(k), process }
      return { each: classifierLossPerExample(model, input), average: classifierLoss(model, input) }
    })
    const { each, average } = await loss(arrays, kernel)
    await loss.dispose()
    const expected = reference(kernel.data, levels)
    expect(relativeError(each.data, expected)).toBeLessThan(1e-5)
    const weighted = expected.reduce((sum, e, i) => sum + e * arrays.weights.data[i]!, 0) / n
    expect(average.data[0]).toBeCloseTo(weighted, 4)
  })

  test('without noise the images are as they are, and one step is for all', async () => {
    const loss = compile((x0: tf.Tensor4D, label: tf.Tensor1D, k: tf.Tensor) =>
      classifierLossPerExample({ classifier: classifierOf(k), process }, { x0, label, t: 0 }),
    )
    const each = await loss(arrays.x0, arrays.label, kernel)
    await loss.dispose()
    const clean = reference(kernel.data, new Array(n).fill({ alpha: 1, sigma: 0, noise: 0 }))
    expect(relativeError(each.data, clean)).toBeLessThan(1e-5)
  })

  test('noise levels of a process in continuous time', async () => {
    const continuous = { ...process, schedule: continuousCosine(), noiseInput: 'noise-level' } as const
    const given = noiseLevelArrays(continuous, [0.1, 0.5, 0.9])
    const loss = compile(
      (level: NoiseLevelTensors, x0: tf.Tensor4D, epsilon: tf.Tensor4D, label: tf.Tensor1D, k: tf.Tensor) =>
        classifierLossPerExample(
          { classifier: classifierOf(k), process: continuous },
          { x0, epsilon, label, t: level },
        ),
    )
    const each = await loss(given as never, arrays.x0, arrays.epsilon, arrays.label, kernel)
    await loss.dispose()
    const at = [0.1, 0.5, 0.9].map((t) => {
      const [alpha, sigma] = [continuous.schedule.alpha(t), continuous.schedule.sigma(t)]
      return { alpha, sigma, noise: alpha }
    })
    expect(relativeError(each.data, reference(kernel.data, at))).toBeLessThan(1e-5)
  })

  test('gradients are those of finite differences in float64', async () => {
    const gradient = compile(
      (x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D, label: tf.Tensor1D, k: tf.Tensor) =>
        tf.grad((w) => classifierLoss({ classifier: classifierOf(w), process }, { x0, epsilon, t, label }))(k),
    )
    const actual = await gradient(arrays.x0, arrays.epsilon, arrays.t, arrays.label, kernel)
    await gradient.dispose()
    const mean = (k: ArrayLike<number>) => reference(k, levels).reduce((sum, e) => sum + e) / n
    const differences = Array.from(kernel.data, (v, i) => {
      const at = (step: number) => mean(Float64Array.from(kernel.data).with(i, v + step))
      return (at(1e-5) - at(-1e-5)) / 2e-5
    })
    expect(relativeError(actual.data, differences)).toBeLessThan(1e-4)
  })
})

test('the logarithm of the probability of a label', () => {
  const logits = tf.tensor2d([0.1, 2, -1, 0, 0, 0], [2, 3])
  const logProbabilities = Array.from(labelLogProbability(logits, tf.tensor1d([1, 2], 'int32')).dataSync())
  const first = 2 - Math.log(Math.exp(0.1) + Math.exp(2) + Math.exp(-1))
  expect(relativeError(logProbabilities, [first, -Math.log(3)])).toBeLessThan(1e-6)
})

test('errors say what was expected', () => {
  const x0 = tf.zeros([2, 1, 1, 3]) as tf.Tensor4D
  const label = tf.tensor1d([0, 1], 'int32')
  const short = () => tf.zeros([1, 5]) as tf.Tensor2D
  expect(() => classifierLoss({ classifier: short, process }, { x0, label, t: 0 })).toThrow(
    'classifierLoss: expected logits [2, K], got [1,5]',
  )
  const continuous = { ...process, schedule: continuousCosine(), noiseInput: 'log-snr' } as const
  expect(() => classifierLoss({ classifier: short, process: continuous }, { x0, label, t: 0 })).toThrow(
    'classifierLoss: expected noise levels',
  )
})
