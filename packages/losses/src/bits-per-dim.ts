import { type ArraysOf, type Compile, int32, isNDArray, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkOptions,
  type KnownKeys,
  shown,
  throwIfAborted,
} from '@cascade-diffusion/checks'
import type { DenoiserOptions, DiffusionModel } from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import { squaredDifference, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { meanOverImage } from './loss-input.ts'
import { priorBits } from './prior.ts'
import { vlbTerm } from './vlb.ts'

/** Options of {@link bitsPerDim}. x0 is clipped unless `processX0` is another. */
export interface BitsPerDimOptions<C> extends DiffusionModel<C>, DenoiserOptions {
  /** What runs the network: `jit`, or `eager`. */
  readonly compile: Compile
}

/** Images to evaluate. */
export interface EvaluateBitsOptions<C> {
  /** Images float32 [n,H,W,C] of 256 levels from -1 to 1. */
  readonly x0: NDArray<'float32'>
  /** A tree of host arrays of n examples each; `undefined` if the network takes no condition. */
  readonly condition: ArraysOf<C>
  /** The noise of step t is drawn from `rng.fold('noise').fold(t)`. */
  readonly rng: Rng
  /** The index of the first image in the whole set, as in sampling. Default 0. */
  readonly firstIndex?: number
  /** The step at which the reverse process stops: only the terms of t > stop are summed. Default -1: the data. */
  readonly stop?: number
  /** Ends the evaluation before its next step, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

const evaluateKeys: KnownKeys<EvaluateBitsOptions<unknown>> = {
  x0: true,
  condition: true,
  rng: true,
  firstIndex: true,
  stop: true,
  signal: true,
}

/** The variational bound of n images over all steps, in bits per dimension, float64. */
export interface BitsPerDim {
  /**
   * The sum of each image's prior term and the terms of all steps, [n]: an upper bound of its negative log-likelihood.
   */
  readonly total: Float64Array
  /** The prior term of each image, [n]. */
  readonly prior: Float64Array
  /** The steps evaluated: stop + 1 … T-1. */
  readonly steps: readonly number[]
  /** The term of each step and image: [steps][n]. */
  readonly vb: readonly Float64Array[]
  /** The mean squared error of the predicted x0, of each step and image. */
  readonly x0Mse: readonly Float64Array[]
  /** The mean squared error of the noise that follows from the predicted x0, of each step and image. */
  readonly mse: readonly Float64Array[]
  /** The dimensions of an image, H·W·C. */
  readonly dimensions: number
  /** The step at which the reverse process stopped; -1 for the data. */
  readonly stop: number
}

/** A model compiled for the evaluation of its likelihood. */
export interface BitsPerDimEvaluator<C> {
  /** @throws before the first step if the images or `stop` are wrong, or the network does not fit. */
  evaluate(options: EvaluateBitsOptions<C>): Promise<BitsPerDim>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/**
 * The full variational bound of a model (DDPM, equation 5; OpenAI's `calc_bpd_loop`): every step of the process, each
 * with its own noise, and the prior. A single traced step, compiled once for each shape, serves all steps.
 * @throws if an option is missing or unknown.
 */
export function bitsPerDim<C = undefined>(options: BitsPerDimOptions<C>): BitsPerDimEvaluator<C> {
  checkOptions('bitsPerDim', options, { network: true, process: true, processX0: true, compile: true })
  const { process, compile, processX0 } = options
  checkFunction('bitsPerDim', 'network', options.network)
  checkFunction('bitsPerDim', 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  const { schedule } = process
  const T = schedule.betas.length
  const step = compile((x0: Tensor4D, epsilon: Tensor4D, t: Tensor1D, condition: C) => {
    const term = vlbTerm(options, { x0, epsilon, t, condition }, processX0 ? { processX0 } : {})
    const error = (actual: Tensor4D, predicted: Tensor4D) => meanOverImage(squaredDifference(actual, predicted))
    return { vb: term.bits, x0Mse: error(x0, term.x0), mse: error(epsilon, term.epsilon) }
  })
  const priorOf = compile((x0: Tensor4D) => priorBits(schedule, x0))

  return {
    async evaluate(options) {
      checkOptions('bitsPerDim', options, evaluateKeys)
      const { x0, condition, rng, firstIndex = 0, stop = -1, signal } = options
      checkImages(x0)
      if (typeof rng?.fold !== 'function')
        throw new CascadeError('input', `bitsPerDim: expected rng, a key such as rng(0), got ${shown(rng)}`)
      if (!(Number.isInteger(stop) && stop >= -1 && stop < T))
        throw new CascadeError('input', `bitsPerDim: expected a step to stop at from -1 to ${T - 1}, got ${stop}`)
      const dimensions = sizeOf(x0.shape.slice(1))
      const prior = Float64Array.from((await priorOf(x0)).data)
      const total = prior.slice()
      const steps = Array.from({ length: T - 1 - stop }, (_, i) => stop + 1 + i)
      const terms = { vb: [] as Float64Array[], x0Mse: [] as Float64Array[], mse: [] as Float64Array[] }
      for (const t of steps) {
        throwIfAborted(signal, 'bitsPerDim')
        const epsilon = rng
          .fold('noise')
          .fold(t)
          .normal(x0.shape, firstIndex * dimensions)
        const at = await step(x0, epsilon, int32([t]), condition)
        for (const key of ['vb', 'x0Mse', 'mse'] as const) terms[key].push(Float64Array.from(at[key].data))
        at.vb.data.forEach((bits, i) => {
          total[i]! += bits
        })
      }
      return { total, prior, steps, ...terms, dimensions, stop }
    },
    async dispose() {
      await Promise.all([step.dispose(), priorOf.dispose()])
    },
  }
}

function checkImages(x0: NDArray<'float32'>): void {
  if (!isNDArray(x0))
    throw new CascadeError('input', `bitsPerDim: expected images x0, float32 [n,H,W,C], got ${shown(x0)}`)
  if (x0.shape.length !== 4) throw new CascadeError('input', `bitsPerDim: expected images [n,H,W,C], got [${x0.shape}]`)
  const wrong = x0.data.findIndex((value) => !(value >= -1 && value <= 1))
  if (wrong >= 0)
    throw new CascadeError('input', `bitsPerDim: expected images from -1 to 1, got ${x0.data[wrong]} at ${wrong}`)
}
