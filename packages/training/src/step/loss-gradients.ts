import '@cascade-diffusion/ops' // registers tfjs's gradients
import type { Params } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { globalNorm } from './global-norm.ts'

/** A loss with that of each example beside it. */
export interface LossOfEach {
  /** What is minimised: for examples that are drawn with unequal probabilities, a weighted mean. */
  readonly loss: tf.Scalar
  /** The loss of each example, [N], without weights. The step gives it too. */
  readonly each: tf.Tensor1D
}

/**
 * A traceable function: the loss of a batch, a scalar; or the loss and that of each example. The type is any tensor,
 * since tfjs's functions, such as `mean`, do not say how many axes theirs has. The step refuses a loss that is no
 * scalar.
 */
export type Loss<Batch> = (params: Params<tf.Tensor>, batch: Batch) => tf.Tensor | LossOfEach

/** What the first half of a step gives. */
export interface LossGradients {
  /** Of the loss times its scale; zeros for parameters that the loss does not depend on. */
  readonly gradients: Params<tf.Tensor>
  readonly loss: tf.Scalar
  /** The loss of each example, [N], if the loss function gives it. */
  readonly each?: tf.Tensor1D
  /** The norm of all gradients of the loss itself, together. */
  readonly gradNorm: tf.Scalar
}

/**
 * The first half of a training step as a traceable function: the loss and its gradients. Give it {@link packSmall
 * packed} parameters, and a loss that unpacks them, to keep the trace small.
 *
 * Its argument `lossScale` is what the loss is multiplied by before gradients are taken: in float16, small ones would
 * vanish without. The other half divides them by it.
 */
export const lossGradients =
  <Batch>(loss: Loss<Batch>) =>
  (params: Params<tf.Tensor>, batch: Batch, lossScale?: tf.Scalar): LossGradients => {
    const names = Object.keys(params)
    const values = names.map((name) => params[name]!)
    let each: tf.Tensor1D | undefined
    const minimised = (): tf.Scalar => {
      const value = loss(params, batch)
      if (!isLossOfEach(value)) return checkedScalar(value)
      each = tf.keep(value.each) // the tape's scope would free it
      return checkedScalar(value.loss)
    }
    // Unlike valueAndGrads, this lets parameters be unused: their gradients come as null.
    const { value, grads } = tf.engine().gradients<tf.Scalar>(minimised, values, lossScale, true)
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

const isLossOfEach = (value: tf.Tensor | LossOfEach): value is LossOfEach =>
  (value as LossOfEach | undefined)?.each instanceof tf.Tensor

function checkedScalar(loss: tf.Tensor): tf.Scalar {
  if (loss instanceof tf.Tensor && loss.rank === 0) return loss as tf.Scalar
  const given = loss instanceof tf.Tensor ? `[${loss.shape}]` : shown(loss)
  throw new CascadeError(
    'input',
    `loss: expected a scalar, or { loss, each } with a scalar and the loss of each example, got ${given}`,
  )
}
