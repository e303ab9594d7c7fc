import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { add, mul, type Scalar, sign, type Tensor } from '@tensorflow/tfjs-core'
import { expect, expectTypeOf, test } from 'vitest'
import { follow } from '../testing/follow.ts'
import { adam } from './adam.ts'
import { chain } from './chain.ts'
import { clipByGlobalNorm } from './clip-by-global-norm.ts'
import { type OptimizerConfig, optimizerOf } from './optimizer-table.ts'
import { sgd } from './sgd.ts'
import type { GradientTransformation } from './transformation.ts'
import { weightDecay } from './weight-decay.ts'

const gradients = [[3, 4]]

test('each part gets what the one before made of the gradient', async () => {
  // The norm is 5, so that clipping to 1 gives [0.6, 0.8].
  const clipped = await follow(chain(clipByGlobalNorm(), sgd()), [1, 2], gradients, 0.5)
  expect([...clipped.params.x!.data]).toEqual([expect.closeTo(0.7, 6), expect.closeTo(1.6, 6)])
  const decayed = await follow(chain(clipByGlobalNorm(), sgd(), weightDecay({ rate: 0.2 })), [1, 2], gradients, 0.5)
  expect([...decayed.params.x!.data]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(1.4, 6)])
})

test('a chain of chains is a chain', async () => {
  const parts = [clipByGlobalNorm({ maxNorm: 2 }), adam({ epsilon: 1 }), weightDecay()] as const
  const [a, b, c] = parts
  const [flat, nested] = [chain(...parts), chain(chain(a), chain(chain(b, c)))]
  expect(nested.config).toEqual(flat.config)
  expect(await follow(nested, [1, 2], gradients, 0.5)).toEqual(await follow(flat, [1, 2], gradients, 0.5))
})

test('slots of the same name are refused', () => {
  expect(() => chain(adam(), adam()).init!(float32(1))).toThrow(
    "chain: expected slots of different names, got 'm' twice",
  )
})

test('configurations by name', () => {
  const config: OptimizerConfig[] = [
    { name: 'clip-by-global-norm', maxNorm: 3 },
    { name: 'adamw', weightDecay: 0.1 },
  ]
  const made = optimizerOf(config)
  expect(made.config).toEqual([
    { name: 'clip-by-global-norm', maxNorm: 3 },
    { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    { name: 'weight-decay', rate: 0.1 },
  ])
  // What a checkpoint says of an optimiser makes it again.
  expect(optimizerOf(JSON.parse(JSON.stringify(made.config))).config).toEqual(made.config)
  expectTypeOf<{ name: 'adam'; beta1: number }>().toExtend<OptimizerConfig>()
  // @ts-expect-error
  const wrong: OptimizerConfig = { name: 'adam', momentum: 0.9 }
  expect(() => optimizerOf(wrong)).toThrow("optimizerOf: unknown option 'momentum'")
  expect(() => optimizerOf([])).toThrow('optimizerOf: expected at least one optimiser, got an empty list')
})

test.each([
  [{ name: undefined }, 'optimizerOf: expected a transformation with a name, got an object with name, config'],
  [
    { config: undefined },
    "optimizerOf: 'custom': expected config, a JSON value with a name, which checkpoints record, got u",
  ],
  [{ config: { decay: 1 } }, 'got an object with decay'],
  [{ init: 3 }, "optimizerOf: 'custom': expected init, a function, got 3"],
  [{ scalars: [1] }, "optimizerOf: 'custom': expected scalars, a function, got an array of 1"],
])('an incomplete transformation is refused: %j', (part, message) => {
  const custom = { name: 'custom', config: { name: 'custom' }, update: (update: Tensor) => ({ update, state: {} }) }
  expect(optimizerOf(custom)).toBe(custom)
  expect(() => optimizerOf({ ...custom, ...part } as never)).toThrow(message)
})

test('a custom transformation: the sign of a decaying sum, as Lion takes it', async () => {
  const lion: GradientTransformation = {
    name: 'lion',
    config: { name: 'lion' },
    init: ({ data, shape }) => ({ sum: float32(new Float32Array(data.length), shape) }),
    scalars: ({ learningRate }) => ({ rate: learningRate }),
    update: (gradient, { state, scalars }) => {
      const sum = add(mul(state.sum as Tensor, 0.5), gradient)
      return { update: mul(sign(sum), scalars.rate as Scalar), state: { sum } }
    },
  }
  const { params, optimizer } = await follow(lion, [1, 1], [...gradients, [-1, -9]], 0.25)
  expect([...params.x!.data]).toEqual([0.5, 1])
  expect([...optimizer.sum!.x!.data]).toEqual([0.5, -7])
})
