import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/**
 * A network as a function of tensors, its weights closed over.
 *
 * `xt` [N,H,W,C] are the noisy images, `noise` float32 [N] says how noisy each is, in the unit that the process's
 * `noiseInput` names, and `condition` is a tree of tensors of N examples each. The raw output is [N,H,W,C]: the
 * process's `prediction`.
 */
export type Network<C = undefined> = (xt: Tensor4D, noise: Tensor1D, condition: C) => Tensor4D

/** What a network's output means: `epsilon` is the noise of x_t = √ᾱ_t x0 + √(1 - ᾱ_t) ε. */
export type Prediction = 'epsilon'

/**
 * The variance of p(x_{t-1} | x_t): that of the posterior q(x_{t-1} | x_t, x0) (`fixed-small`, β̃_t) or of the forward
 * step (`fixed-large`, β_t): the lower and upper bound of DDPM, section 3.2.
 */
export type Variance = 'fixed-small' | 'fixed-large'

/** What a network is told about the noise: `timestep` is the step of the unspaced process, as `schedule.timesteps` has it. */
export type NoiseInput = 'timestep'

/** A diffusion process over images in [-1, 1], and what a network trained on it predicts and is told. */
export interface DiffusionProcess {
  readonly schedule: DiscreteSchedule
  readonly prediction: Prediction
  readonly variance: Variance
  readonly noiseInput: NoiseInput
}

/** A network with the process that it belongs to. */
export interface DiffusionModel<C = undefined> {
  readonly network: Network<C>
  readonly process: DiffusionProcess
}
