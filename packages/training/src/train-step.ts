import '@cascade-diffusion/ops' // registers tfjs's gradients
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { type AdamOptions, adam, adamScales } from './adam.ts'
import { clipByGlobalNorm } from './clip.ts'
import { emaDecay, emaUpdate } from './ema.ts'
import type { Params, TrainState } from './params.ts'

/**
 * A traceable function: the mean loss of a batch, a scalar; or the loss of each example, [N], the mean of which is minimised
 * and which the step gives too.
 */
export type Loss<Batch> = (params: Params, batch: Batch) => tf.Scalar | tf.Tensor1D

export interface TrainStepOptions extends AdamOptions {
  /** The largest norm of all gradients together; larger ones are scaled down. 1; `Infinity` for none. */
  readonly clipNorm?: number
  /**
   * Whether the loss is multiplied by a number of `hyper` before its gradients are taken, and these divided by it: in
   * float16, small ones would vanish without. false.
   */
  readonly scalesLoss?: boolean
}

/** What a step gives: the next state, and the loss and the norm of the gradients (before clipping) at the old one. */
export interface TrainStepResult {
  readonly state: TrainState
  readonly loss: tf.Scalar
  /** The loss of each example, [N], if the loss is that of each. */
  readonly each?: tf.Tensor1D
  readonly gradNorm: tf.Scalar
}

export interface HyperOptions extends AdamOptions {
  /** The decay of the weights' moving average that {@link emaDecay} rises to; 0.9999. */
  readonly emaDecay?: number
  /** For a step with `scalesLoss`: by how much, see {@link nextLossScale}. */
  readonly lossScale?: number
}

/**
 * The `hyper` argument of a step that is the update t = 0, 1, … of its state: float32 [3], what Adam's bias corrections,
 * the learning rate and the average's warm-up come to, and the scale of the loss as a fourth if there is one. Everything that changes from step to step is in here.
 */
export function hyperparameters(t: number, learningRate: number, options: HyperOptions = {}): NDArray<'float32'> {
  const { stepSize, epsilon } = adamScales(t + 1, learningRate, options)
  const scale = options.lossScale === undefined ? [] : [options.lossScale]
  const numbers = Float32Array.of(stepSize, epsilon, emaDecay(t, options.emaDecay ?? 0.9999), ...scale)
  return ndarray(numbers, [numbers.length])
}

/**
 * A training step as one traceable function: the loss, its gradients, clipping, Adam and the moving average.
 * Parameters that the loss does not depend on stay as they are. Give it {@link packSmall packed} parameters, and
 * a loss that unpacks them, to keep the trace small.
 */
export function trainStep<Batch>(
  loss: Loss<Batch>,
  options: TrainStepOptions = {},
): (state: TrainState, hyper: tf.Tensor1D, batch: Batch) => TrainStepResult {
  const { clipNorm = 1, scalesLoss = false, ...adamOptions } = options
  return (state, hyper, batch) => {
    const names = Object.keys(state.params)
    const params = names.map((name) => state.params[name]!)
    const scales = tf.split(hyper, scalesLoss ? 4 : 3).map((x) => tf.reshape(x, []) as tf.Scalar)
    const [stepSize, epsilon, decay, scale] = scales
    let each: tf.Tensor1D | undefined
    const meanLoss = (): tf.Scalar => {
      const value = loss(state.params, batch)
      if (value.rank === 0) return value as tf.Scalar
      each = tf.keep(value as tf.Tensor1D) // the tape's scope would free it
      return tf.mean(each)
    }
    // Unlike valueAndGrads, this lets parameters be unused: their gradients come as null.
    const { value, grads } = tf.engine().gradients<tf.Scalar>(meanLoss, params, scale, true)
    const unscale = scale && tf.reciprocal(scale)
    const unscaled = (g: tf.Tensor) => (unscale ? tf.mul(g, unscale) : g)
    const { gradients, norm } = clipByGlobalNorm(
      grads.map((g: tf.Tensor | null, i) => (g ? unscaled(g) : tf.zerosLike(params[i]!))),
      clipNorm,
    )
    const updated = names.map((name, i) => {
      const moments = { m: state.m[name]!, v: state.v[name]! }
      const { x, m, v } = adam(
        params[i]!,
        gradients[i]!,
        moments,
        { stepSize: stepSize!, epsilon: epsilon! },
        adamOptions,
      )
      return { name, params: x, ema: emaUpdate(state.ema[name]!, x, decay!), m, v }
    })
    const part = (key: 'params' | 'ema' | 'm' | 'v'): Params => Object.fromEntries(updated.map((u) => [u.name, u[key]]))
    const next = { params: part('params'), ema: part('ema'), m: part('m'), v: part('v') }
    const losses = each && { each: tf.clone(each) }
    each?.dispose()
    return { state: next, loss: value, ...losses, gradNorm: norm }
  }
}
