import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, type NDArray, ndarray, type Params } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { clipFactor } from '../optimizers/clip-by-global-norm.ts'
import type { GradientTransformation, Update } from '../optimizers/transformation.ts'
import { type UpdaterOptions, updater } from './updater.ts'

const engines: [string, Compile][] = [
  ['eager', eager],
  ['jit', jit],
]

const params = { bias: rng(1).normal([300]), weight: rng(2).normal([40, 50]) }
const gradientsAt = (t: number): Params<NDArray<'float32'>> => ({
  bias: rng(3).fold(t).normal([300]),
  weight: rng(4).fold(t).normal([40, 50]),
})

describe('the default, and its settings, compute what the single function before them did, to the last bit', () => {
  type State = Record<'params' | 'ema' | 'm' | 'v', Params<tf.Tensor>>

  /** Adam and the average as one function: moments as sums, and all that changes from step to step in one vector. */
  const before =
    ({ beta1, beta2 }: { beta1: number; beta2: number }) =>
    (state: State, gradients: Params<tf.Tensor>, hyper: tf.Tensor1D): State => {
      const [stepSize, epsilon, decay, factor] = tf.split(hyper, 4).map((x) => tf.reshape(x, []))
      const next: State = { params: {}, ema: {}, m: {}, v: {} }
      for (const [name, x] of Object.entries(state.params)) {
        const g = tf.mul(gradients[name]!, factor!)
        const m = tf.add(tf.mul(state.m[name]!, beta1), g)
        const v = tf.add(tf.mul(state.v[name]!, beta2), tf.square(g))
        const moved = tf.sub(x, tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon!)), stepSize!))
        const ema = tf.add(moved, tf.mul(tf.sub(state.ema[name]!, moved), decay!))
        const made = { params: moved, ema, m, v }
        for (const part of ['params', 'ema', 'm', 'v'] as const) next[part] = { ...next[part], [name]: made[part] }
      }
      return next
    }

  const hyper = (t: number, rate: number, gradNorm: number, c: Settings) => {
    const first = (1 - c.beta1) / (1 - c.beta1 ** (t + 1))
    const root = Math.sqrt((1 - c.beta2) / (1 - c.beta2 ** (t + 1)))
    const factor = clipFactor(gradNorm, c.clipNorm) / (c.lossScale ?? 1)
    return float32([(rate * first) / root, c.epsilon / root, Math.min(c.decay, (1 + t) / (10 + t)), factor])
  }

  interface Settings {
    readonly beta1: number
    readonly beta2: number
    readonly epsilon: number
    readonly decay: number
    readonly clipNorm: number
    readonly lossScale?: number
  }

  const defaults: Settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.9999, clipNorm: 1 }
  const cases: [string, UpdaterOptions, Settings][] = [
    ['the default', {}, defaults],
    ['a scaled loss', {}, { ...defaults, lossScale: 2 ** 16 }],
    [
      'other settings',
      {
        optimizer: { name: 'adam', beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
        averages: { ema: { decay: 0.4 } },
        clipNorm: 5,
      },
      { beta1: 0.5, beta2: 0.9, epsilon: 0.1, decay: 0.4, clipNorm: 5 },
    ],
  ]

  for (const [engine, compile] of engines)
    test.each(cases)(`%s: ${engine}`, async (_, options, settings) => {
      const { init, scalars, update } = updater(options)
      const [old, now] = [compile(before(settings)), compile(update)]
      let state = init(params)
      const { m, v } = state.optimizer as Record<'m' | 'v', Params<NDArray>>
      let expected = { params: state.params, ema: state.averages.ema!, m, v }
      for (let t = 0; t < 12; t++) {
        const [learningRate, gradNorm, { lossScale }] = [0.01 / (t + 1), 45 + t, settings]
        expected = await old(expected, gradientsAt(t), hyper(t, learningRate, gradNorm, settings))
        state = await now(state, gradientsAt(t), scalars({ t, learningRate, gradNorm, lossScale }))
      }
      expect(state.params).toEqual(expected.params)
      expect(state.averages).toEqual({ ema: expected.ema })
      expect(state.optimizer).toEqual({ m: expected.m, v: expected.v })
      expect(state.params).not.toEqual(params)
      await Promise.all([old.dispose(), now.dispose()])
    })
})

describe.each(engines)('%s', (_, compile) => {
  test('any number of averages, each with its decay', async () => {
    const names = { fast: { decay: 0.25 }, slow: { decay: 0.75 } }
    const { init, scalars, update } = updater({ optimizer: { name: 'sgd' }, clipNorm: Infinity, averages: names })
    const step = compile(update)
    let state = init({ x: float32([8]) })
    expect(Object.keys(state.averages)).toEqual(['fast', 'slow'])
    for (const t of [50, 51])
      state = await step(state, { x: float32([4]) }, scalars({ t, learningRate: 1, gradNorm: 4 }))
    // x: 8, 4, 0
    expect([...state.params.x!.data]).toEqual([0])
    expect([...state.averages.fast!.x!.data]).toEqual([0.25 * (0.25 * 8 + 0.75 * 4)])
    expect([...state.averages.slow!.x!.data]).toEqual([0.75 * (0.75 * 8 + 0.25 * 4)])
    await step.dispose()
  })

  test('no averages, no slots, no numbers', async () => {
    const half: GradientTransformation = {
      name: 'half',
      config: { name: 'half' },
      update: (gradient) => ({ update: tf.div(gradient, 2), state: {} }),
    }
    const { init, scalars, update } = updater({ optimizer: half, clipNorm: Infinity, averages: {} })
    const numbers = scalars({ t: 0, learningRate: 1, gradNorm: 4 })
    const step = compile(update)
    const state = await step(init({ x: float32([8, 1]) }), { x: float32([4, 1]) }, numbers)
    expect([...state.params.x!.data]).toEqual([6, 0.5])
    await step.dispose()
  })
})

test('slots may be of some weights only, and of other shapes', async () => {
  /** The root of the mean square of each row, of matrices alone. */
  const rows: GradientTransformation = {
    name: 'rows',
    config: { name: 'rows' },
    init: ({ shape }): Readonly<Record<string, NDArray>> =>
      shape.length === 2 ? { rows: ndarray(new Float32Array(shape[0]!), [shape[0]!, 1]) } : {},
    update(gradient, { state: { rows } }): Update {
      if (!rows) return { update: gradient, state: {} }
      const next = tf.add(rows, tf.mean(tf.square(gradient), 1, true))
      return { update: tf.div(gradient, tf.sqrt(next)), state: { rows: next } }
    },
  }
  const { init, scalars, update, elementwise } = updater({ optimizer: rows, clipNorm: Infinity })
  expect(elementwise).toBe(false)
  const start = init({ bias: float32([1]), weight: float32([0, 0, 0, 0], [2, 2]) })
  expect(start.optimizer).toEqual({ rows: { weight: float32([0, 0], [2, 1]) } })
  const gradients = { bias: float32([2]), weight: float32([3, 3, 2, 0], [2, 2]) }
  const { params, optimizer } = await eager(update)(start, gradients, scalars({ t: 0, learningRate: 1, gradNorm: 1 }))
  expect([...params.bias!.data]).toEqual([-1])
  expect([...params.weight!.data]).toEqual([-1, -1, expect.closeTo(-Math.SQRT2, 6), 0])
  expect(optimizer).toEqual({ rows: { weight: float32([9, 2], [2, 1]) } })
})

test('slots that could not be packed or saved are refused', () => {
  const withSlot = (slots: Readonly<Record<string, NDArray>>, elementwise?: boolean) =>
    updater({
      optimizer: {
        name: 'odd',
        config: { name: 'odd' },
        elementwise,
        init: () => slots,
        update: (update) => ({ update, state: slots as never }),
      },
    })
  expect(() => withSlot({ 'a.b': float32(0) }).init(params)).toThrow("slots with names without dots, got 'a.b'")
  const prototype = Object.fromEntries([['__proto__', float32(0)]])
  expect(() => withSlot(prototype).init(params)).toThrow("slots with names without dots, got '__proto__'")
  expect(() => withSlot({ a: float32(0) }, true).init({ x: float32([1, 2]) })).toThrow(
    "optimizer 'clip-by-global-norm, odd': expected the slot a of 'x' to have its shape [2], since the optimiser is elementwise; got []",
  )
  expect(withSlot({ a: float32(0) }).init({ x: float32([1, 2]) }).optimizer).toEqual({ a: { x: float32(0) } })
})

test('a transformation that drops or makes slots is refused', async () => {
  const forgetful: GradientTransformation = {
    name: 'forgetful',
    config: { name: 'forgetful' },
    init: (x) => ({ kept: x }),
    update: (gradient) => ({ update: gradient, state: {} }),
  }
  const run = (optimizer: GradientTransformation, clipNorm?: number) => {
    const { init, scalars, update } = updater({ optimizer, clipNorm })
    return eager(update)(init({ x: float32(1) }), { x: float32(1) }, scalars({ t: 0, learningRate: 1, gradNorm: 1 }))
  }
  const expected = 'expected the slots that init made, kept, got none'
  await expect(run(forgetful, Infinity)).rejects.toThrow(`optimizer 'forgetful': ${expected}`)
  await expect(run(forgetful)).rejects.toThrow(`optimizer 'clip-by-global-norm, forgetful': ${expected}`)
  const without = { ...forgetful, update: (update: tf.Tensor) => ({ update }) as never }
  await expect(run(without)).rejects.toThrow('got an object with update')
  const bare = { ...forgetful, update: (gradient: tf.Tensor) => gradient as never }
  await expect(run(bare)).rejects.toThrow("optimizer 'forgetful': expected update to give { update, state }")
  const scalar = { ...forgetful, init: undefined, update: () => ({ update: tf.zeros([1, 1]), state: {} }) }
  await expect(run(scalar)).rejects.toThrow("of the gradient's shape [], got an update of shape [1,1]")
})

test.each([1, Infinity])('a transformation that gives something else is refused, clipNorm %d', async (clipNorm) => {
  const config = { name: 'odd' }
  const optimizer = { name: 'odd', config, update: (gradient: tf.Tensor) => gradient } as never
  const { init, scalars, update } = updater({ optimizer, clipNorm })
  const numbers = scalars({ t: 0, learningRate: 1, gradNorm: 1 })
  await expect(eager(update)(init(params), params, numbers)).rejects.toThrow(
    "optimizer 'odd': expected update to give { update, state } with an update of the gradient's shape [300], got a Tensor",
  )
})
