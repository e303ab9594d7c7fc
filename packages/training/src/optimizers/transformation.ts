import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'

/** What is known on the host about an update, before it is computed. */
export interface UpdateContext {
  /** Which update of the state it is: 0, 1, … Steps that were not taken do not count. */
  readonly t: number
  readonly learningRate: number
  /** The norm of all gradients of the loss together. */
  readonly gradNorm: number
}

/** One parameter under update. All tensors but the scalars have its shape. */
export interface UpdateInput {
  /** The weights that the gradient was taken at. */
  readonly param: Tensor
  /** The slots that `init` made, and those of the other parts of a chain. */
  readonly state: Readonly<Record<string, Tensor>>
  /** What `scalars` gave, in float32. */
  readonly scalars: Readonly<Record<string, Scalar>>
}

/** What a transformation makes of one parameter's gradient. */
export interface Update {
  /**
   * What the next transformation of a chain gets in place of the gradient. The last one's is subtracted from the
   * weights.
   */
  readonly update: Tensor
  /** The new values of its own slots. */
  readonly state: Readonly<Record<string, Tensor>>
}

/** A transformation as a JSON value: its name, and its settings. */
export interface TransformationConfig {
  readonly name: string
  readonly [setting: string]: unknown
}

/**
 * An optimiser, or a part of one, as a pair of pure functions: `init` makes its state, `update` turns gradients into
 * what is subtracted from the weights. Parts join by `chain`. The model is optax's `GradientTransformation`, with two
 * differences. It works on one parameter at a time, so that the updates of all the others need no memory meanwhile.
 * What concerns all of them, or changes from step to step, is a number that the host computes in float64, so that one
 * trace serves every step.
 */
export interface GradientTransformation {
  readonly name: string
  /** Its name and settings as a JSON value; a list of those of its parts. A resumed run must have the same. */
  readonly config: TransformationConfig | readonly TransformationConfig[]
  /**
   * Whether each number of a parameter is updated by itself, and slots have the parameter's shape. If every part of an
   * optimiser is so, small parameters are updated together as one vector; otherwise each is by itself. Default false.
   */
  readonly elementwise?: boolean
  /** The slots of a parameter before the first update, by name, float32. Default: none. */
  init?(param: NDArray): Readonly<Record<string, NDArray>>
  /** The numbers of one update. Default: none. */
  scalars?(context: UpdateContext): Readonly<Record<string, number>>
  /** Traceable. */
  update(update: Tensor, input: UpdateInput): Update
}

/** A slot that begins at zero. */
export const zerosLike = ({ data, shape }: NDArray): NDArray<'float32'> => ndarray(new Float32Array(data.length), shape)
