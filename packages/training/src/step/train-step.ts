import '@cascade-diffusion/ops' // registers tfjs's gradients
import type { Params } from '@cascade-diffusion/arrays'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { type AdamOptions, adam, adamScales } from '../optimizers/adam.ts'
import { globalNorm } from '../optimizers/clip.ts'
import { emaDecay, emaUpdate } from './ema.ts'
import type { TrainState } from './params.ts'

/**
 * A traceable function: the mean loss of a batch, a scalar; or the loss of each example, [N], the mean of which is minimised
 * and which the step gives too.
 */
export type Loss<Batch> = (params: Params<tf.Tensor>, batch: Batch) => tf.Scalar | tf.Tensor1D

/** What the first half of a step gives. */
export interface LossGradients {
  /** Of the loss times its scale; zeros for parameters that the loss does not depend on. */
  readonly gradients: Params<tf.Tensor>
  readonly loss: tf.Scalar
  /** The loss of each example, [N], if the loss is that of each. */
  readonly each?: tf.Tensor1D
  /** The norm of all gradients of the loss itself, together. */
  readonly gradNorm: tf.Scalar
}

/**
 * The first half of a training step as a traceable function: the loss and its gradients. Give it {@link packSmall packed}
 * parameters, and a loss that unpacks them, to keep the trace small.
 *
 * Its argument `lossScale` is what the loss is multiplied by before gradients are taken: in float16, small ones would vanish
 * without. The other half divides them by it.
 */
export const lossGradients =
  <Batch>(loss: Loss<Batch>) =>
  (params: Params<tf.Tensor>, batch: Batch, lossScale?: tf.Scalar): LossGradients => {
    const names = Object.keys(params)
    const values = names.map((name) => params[name]!)
    let each: tf.Tensor1D | undefined
    const meanLoss = (): tf.Scalar => {
      const value = loss(params, batch)
      if (value.rank === 0) return value as tf.Scalar
      each = tf.keep(value as tf.Tensor1D) // the tape's scope would free it
      return tf.mean(each)
    }
    // Unlike valueAndGrads, this lets parameters be unused: their gradients come as null.
    const { value, grads } = tf.engine().gradients<tf.Scalar>(meanLoss, values, lossScale, true)
    const gradients = grads.map((g: tf.Tensor | null, i) => g ?? tf.zerosLike(values[i]!))
    const norm = globalNorm(gradients)
    const losses = each && { each: tf.clone(each) }
    each?.dispose()
    return {
      gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i]!])),
      loss: value,
      ...losses,
      gradNorm: lossScale ? tf.div(norm, lossScale) : norm,
    }
  }

/**
 * The second half as a traceable function: Adam and the moving average. Each result depends on the argument that it follows
 * element by element, so that a state that is donated stays in its memory.
 */
export const updateState =
  (options: AdamOptions = {}) =>
  (state: TrainState, gradients: Params<tf.Tensor>, hyper: tf.Tensor1D): TrainState => {
    const [stepSize, epsilon, decay, factor] = tf.split(hyper, hyper.size).map((x) => tf.reshape(x, []) as tf.Scalar)
    const updated = Object.entries(state.params).map(([name, value]) => {
      const gradient = factor ? tf.mul(gradients[name]!, factor) : gradients[name]!
      const moments = { m: state.m[name]!, v: state.v[name]! }
      const { x, m, v } = adam(value, gradient, moments, { stepSize: stepSize!, epsilon: epsilon! }, options)
      return { name, params: x, ema: emaUpdate(state.ema[name]!, x, decay!), m, v }
    })
    const part = (key: 'params' | 'ema' | 'm' | 'v'): Params<tf.Tensor> =>
      Object.fromEntries(updated.map((u) => [u.name, u[key]]))
    return { params: part('params'), ema: part('ema'), m: part('m'), v: part('v') }
  }

/** What an update depends on besides the gradients. */
export interface HyperOptions extends AdamOptions {
  /** The decay of the weights' moving average that {@link emaDecay} rises to; 0.9999. */
  readonly emaDecay?: number
  /** What gradients are multiplied by: {@link clipFactor} over the scale of the loss. Without it they are taken as they are. */
  readonly factor?: number
}

/**
 * The `hyper` argument of the update t = 0, 1, … of a state: float32 [3], what Adam's bias corrections, the learning rate and
 * the average's warm-up come to, and the factor of the gradients as a fourth if there is one. Everything that changes from
 * step to step is in here.
 */
export function hyperparameters(t: number, learningRate: number, options: HyperOptions = {}): NDArray<'float32'> {
  const { stepSize, epsilon } = adamScales(t + 1, learningRate, options)
  const factor = options.factor === undefined ? [] : [options.factor]
  const numbers = Float32Array.of(stepSize, epsilon, emaDecay(t, options.emaDecay ?? 0.9999), ...factor)
  return ndarray(numbers, [numbers.length])
}
