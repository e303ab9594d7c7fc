import { type NDArray, ndarray, type Params } from '@cascade-diffusion/arrays'
import { CascadeError, checkNumber } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { chain } from '../optimizers/chain.ts'
import { updateOf } from '../optimizers/check-transformation.ts'
import { clipByGlobalNorm } from '../optimizers/clip-by-global-norm.ts'
import { type Optimizer, optimizerOf } from '../optimizers/optimizer-table.ts'
import type { GradientTransformation, UpdateContext } from '../optimizers/transformation.ts'
import { type Averages, averagesOf, emaDecay, emaUpdate } from './averages.ts'
import { mapParams, type ParamsByName, type TrainState } from './state.ts'

/** How gradients become the next state. */
export interface UpdaterOptions {
  /**
   * What turns gradients into steps: `adam({ beta2: 0.99 })`, its configuration `{ name: 'adam', beta2: 0.99 }`, or a
   * list, which is a chain. Default `adam()`.
   */
  readonly optimizer?: Optimizer
  /**
   * The largest norm of all gradients together; larger ones are scaled down before the optimiser gets them, by
   * `clipByGlobalNorm`. Default 1; `Infinity` leaves them as they are.
   */
  readonly clipNorm?: number
  /**
   * Moving averages of the weights by name. Default one, `{ ema: { decay: 0.9999 } }`. The first is the one to sample
   * with.
   */
  readonly averages?: Averages
}

/** The second half of a training step. */
export interface Updater {
  /** What a resumed run must have in common, as a JSON value. */
  readonly config: UpdaterConfig
  /** Whether each number is updated by itself, so that small parameters may be packed. */
  readonly elementwise: boolean
  /** The state before the first step: averages begin at the weights. All arrays are new. */
  init(params: Params<NDArray>): TrainState<NDArray>
  /**
   * What the update t = 0, 1, … depends on besides the gradients: float32 [n], the numbers of the optimiser, the decay
   * of each average, and what takes out the scale of the loss, if it is scaled. Everything that changes from step to
   * step is in here.
   */
  scalars(context: ScaledContext): NDArray<'float32'>
  /**
   * Traceable. Each result depends on the argument that it follows element by element, so that a state that is donated
   * stays in its memory.
   */
  update(state: TrainState, gradients: Params<tf.Tensor>, scalars: tf.Tensor1D): TrainState
}

/** What an {@link Updater} says of itself. */
export interface UpdaterConfig {
  /** The configurations of the chain, clipping included. */
  readonly optimizer: readonly unknown[]
  readonly averages: Readonly<Record<string, { readonly decay: number }>>
}

/** What is known on the host about an update. */
export interface ScaledContext extends UpdateContext {
  /** What the loss was multiplied by while its gradients were taken. Default: not scaled. */
  readonly lossScale?: number
}

/**
 * The second half of a training step: clipping, the optimiser and the moving averages.
 * @throws if an option is wrong.
 */
export function updater(options: UpdaterOptions = {}, where = 'updater'): Updater {
  const { clipNorm = 1 } = options
  const optimizer = optimizerOf(options.optimizer ?? { name: 'adam' }, `${where}: optimizer`)
  const whole = clipNorm === Number.POSITIVE_INFINITY ? optimizer : chain(clip(where, clipNorm), optimizer)
  const averages = averagesOf(where, options.averages)
  /** The numbers of an update by name, in the order of the vector. */
  const numbersOf = ({ lossScale, ...context }: ScaledContext): [name: string, value: number][] => [
    ...(lossScale === undefined ? [] : [['unscale', 1 / lossScale] as [string, number]]),
    ...Object.entries(whole.scalars?.(context) ?? {}),
    ...Object.entries(averages).map(([name, { decay }]): [string, number] => [
      `averages.${name}`,
      emaDecay(context.t, decay),
    ]),
  ]
  const names = numbersOf({ t: 0, learningRate: 1, gradNorm: 1 }).map(([name]) => name)

  return {
    config: { optimizer: [whole.config].flat(), averages },
    elementwise: whole.elementwise ?? false,
    init(params) {
      const copy = () => mapParams(params, (a) => ({ ...a, data: a.data.slice() }) as NDArray)
      const slots = mapParams(params, (param, name) => checkedSlots(whole, param, name))
      return { params: copy(), averages: mapParams(averages, copy), optimizer: transposed(slots) }
    },
    scalars(context) {
      const numbers = Float32Array.from(numbersOf(context), ([, value]) => value)
      return ndarray(numbers, [numbers.length])
    },
    update(state, gradients, vector) {
      const pieces = vector.size === 0 ? [] : tf.split(vector, vector.size)
      const numbers = pieces.map((x) => tf.reshape(x, []) as tf.Scalar)
      const unscale = numbers.length > names.length ? numbers.shift() : undefined
      const scalars = Object.fromEntries(names.map((name, i) => [name, numbers[i]!]))
      const updated = mapParams(state.params, (param, name) => {
        const gradient = unscale ? tf.mul(gradients[name]!, unscale) : gradients[name]!
        const slots = slotsOf(state.optimizer, name)
        const made = updateOf(whole, gradient, { param, state: slots, scalars })
        checkSlots(whole.name, slots, made.state)
        const next = tf.sub(param, made.update)
        const follow = (average: Params<tf.Tensor>, of: string) =>
          emaUpdate(average[name]!, next, scalars[`averages.${of}`]!)
        return { param: next, averages: mapParams(state.averages, follow), slots: made.state }
      })
      return {
        params: mapParams(updated, ({ param }) => param),
        averages: transposed(mapParams(updated, ({ averages }) => averages)),
        optimizer: transposed(mapParams(updated, ({ slots }) => slots)),
      }
    },
  }
}

const clip = (where: string, clipNorm: number) =>
  clipByGlobalNorm({ maxNorm: checkNumber(where, 'clipNorm', clipNorm, { from: 0 }) })

/** @throws if the slots of a parameter cannot be packed, or saved by their names. */
function checkedSlots(optimizer: GradientTransformation, param: NDArray, of: string) {
  const { name, elementwise } = optimizer
  const slots = optimizer.init?.(param) ?? {}
  for (const [slot, { shape }] of Object.entries(slots)) {
    if (slot === '__proto__' || slot.includes('.'))
      throw new CascadeError('input', `optimizer '${name}': expected slots with names without dots, got '${slot}'`)
    if (elementwise && `${shape}` !== `${param.shape}`)
      throw new CascadeError(
        'input',
        `optimizer '${name}': expected the slot ${slot} of '${of}' to have its shape [${param.shape}], since the ` +
          `optimiser is elementwise; got [${shape}]`,
      )
  }
  return slots
}

/** The slots of one weight. */
const slotsOf = <T>(optimizer: ParamsByName<T>, name: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(optimizer).flatMap(([slot, { [name]: of }]) => (of ? [[slot, of]] : [])))

/** Records by weight made records by slot. */
function transposed<T>(records: Params<Readonly<Record<string, T>>>): ParamsByName<T> {
  const made: Record<string, Record<string, T>> = {}
  for (const [name, record] of Object.entries(records))
    for (const [slot, value] of Object.entries(record)) {
      made[slot] ??= {}
      made[slot][name] = value
    }
  return made
}

function checkSlots(name: string, before: object, after: object): void {
  const [expected, given] = [before, after].map((slots) => Object.keys(slots).sort().join(', ') || 'none')
  if (given !== expected)
    throw new CascadeError('input', `optimizer '${name}': expected the slots that init made, ${expected}, got ${given}`)
}
