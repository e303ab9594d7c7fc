import { checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { add, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { checkDecay, decaySchema } from './check-decay.ts'
import { type GradientTransformation, zerosLike } from './transformation.ts'

/** Options of {@link sgd}. */
export interface SgdOptions {
  /**
   * Decay of the sum of gradients that the step follows, from 0 to less than 1; 0 follows the gradient alone. Default
   * 0.
   */
  readonly momentum?: number
}

const sgdKeys: KnownKeys<SgdOptions> = { momentum: true }

/**
 * Stochastic gradient descent, with momentum as in PyTorch: s ← μs + g, x ← x - learning rate · s. Slot: `momentum`, s,
 * if μ is not 0.
 * @throws if an option is unknown or outside its range.
 */
export function sgd(options: SgdOptions = {}): GradientTransformation {
  checkOptions('sgd', options, sgdKeys)
  const momentum = checkDecay('sgd', 'momentum', options.momentum ?? 0)
  const common: Pick<GradientTransformation, 'name' | 'config' | 'elementwise' | 'scalars'> = {
    name: 'sgd',
    config: { name: 'sgd', momentum },
    elementwise: true,
    scalars: ({ learningRate }) => ({ learningRate }),
  }
  if (momentum === 0)
    return {
      ...common,
      update: (gradient, { scalars }) => ({ update: mul(gradient, scalars.learningRate as Scalar), state: {} }),
    }
  return {
    ...common,
    init: (param) => ({ momentum: zerosLike(param) }),
    update(gradient, { state, scalars }) {
      const sum = add(mul(state.momentum as Tensor, momentum), gradient)
      return { update: mul(sum, scalars.learningRate as Scalar), state: { momentum: sum } }
    },
  }
}

/** {@link sgd} by name: a JSON value. */
export interface SgdConfig extends SgdOptions {
  readonly name: 'sgd'
}

/** The entry of the table. */
export const sgdEntry: Entry<SgdConfig, GradientTransformation> = {
  name: 'sgd',
  schema: schema.record<SgdConfig>({
    name: schema.oneOf(['sgd']),
    momentum: schema.optional(decaySchema),
  }),
  make: ({ name, ...options }) => sgd(options),
}
