import type { Tensor4D } from '@tensorflow/tfjs-core'
import { evaluateNetwork } from './evaluate-network.ts'
import type { NoiseLevelTensors } from './noise-level.ts'
import { clipX0, epsilonFromX0, x0FromEpsilon } from './predictions.ts'
import type { DiffusionModel } from './process.ts'

/** What a model makes of x_t, both [N,H,W,C]. The two agree: x_t = alpha x0 + sigma epsilon. */
export interface Denoised {
  readonly x0: Tensor4D
  readonly epsilon: Tensor4D
}

/** A model as samplers see it, whatever its network predicts. */
export type Denoiser<C> = (xt: Tensor4D, level: NoiseLevelTensors, condition: C) => Denoised

/** Options of a denoiser. */
export interface DenoiserOptions {
  /** Clip x0 to [-1, 1], and let epsilon follow it. Default true. Off for data that are not images. */
  readonly clip?: boolean
}

/**
 * The denoiser of a model: a traceable function of tensors.
 * @throws (the denoiser) if the network's output has not the shape of `xt`.
 */
export function denoiser<C>(model: DiffusionModel<C>, { clip = true }: DenoiserOptions = {}): Denoiser<C> {
  return (xt, level, condition) => {
    const epsilon = evaluateNetwork(model, xt, level.noiseInput, condition)
    const x0 = x0FromEpsilon(xt, epsilon, level)
    if (!clip) return { x0, epsilon }
    const clipped = clipX0(x0)
    return { x0: clipped, epsilon: epsilonFromX0(xt, clipped, level) }
  }
}
