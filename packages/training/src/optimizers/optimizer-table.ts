import { CascadeError, type ConfigOf, table } from '@cascade-diffusion/checks'
import { adamEntry } from './adam.ts'
import { adamwEntry } from './adamw.ts'
import { chain } from './chain.ts'
import { checkTransformation } from './check-transformation.ts'
import { clipByGlobalNormEntry } from './clip-by-global-norm.ts'
import { sgdEntry } from './sgd.ts'
import type { GradientTransformation } from './transformation.ts'
import { weightDecayEntry } from './weight-decay.ts'

/** The built-in transformations, by name. */
export const optimizers = table('an optimiser', [
  adamEntry,
  adamwEntry,
  clipByGlobalNormEntry,
  sgdEntry,
  weightDecayEntry,
])

/** A built-in transformation by its name, with its options: `{ name: 'adam', beta2: 0.99 }`. A JSON value. */
export type OptimizerConfig = ConfigOf<typeof optimizers>

/** An optimiser: a transformation, or the configuration of a built-in one; a list of them is a chain. */
export type Optimizer = GradientTransformation | OptimizerConfig | readonly (GradientTransformation | OptimizerConfig)[]

/**
 * The transformation that an optimiser is.
 * @param where who asks: `train`.
 * @throws CascadeError 'input' on an empty list or an incomplete transformation; with everything that is wrong with a configuration.
 */
export function optimizerOf(optimizer: Optimizer, where = 'optimizerOf'): GradientTransformation {
  if (isList(optimizer)) {
    if (optimizer.length === 0)
      throw new CascadeError('input', `${where}: expected at least one optimiser, got an empty list`)
    return chain(...optimizer.map((part) => optimizerOf(part, where)))
  }
  if (!isTransformation(optimizer)) return optimizers.of(where, optimizer)
  checkTransformation(where, optimizer)
  return optimizer
}

const isList = (optimizer: Optimizer): optimizer is readonly (GradientTransformation | OptimizerConfig)[] =>
  Array.isArray(optimizer)

const isTransformation = (optimizer: unknown): optimizer is GradientTransformation =>
  typeof (optimizer as GradientTransformation | undefined)?.update === 'function'
