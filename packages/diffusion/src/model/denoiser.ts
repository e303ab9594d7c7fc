import { checkFunction, checkOptions } from '@cascade-diffusion/checks'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { checkRecord } from '../checks.ts'
import type { NoiseLevelTensors } from '../process/noise-level.ts'
import { checkProcess, type DiffusionModel, type Schedule } from '../process/process.ts'
import { evaluateNetwork } from './evaluate-network.ts'
import { type LearnedLogVariance, learnedLogVariance } from './log-variance.ts'
import { type DataAndNoise, epsilonFromX0, readPrediction } from './predictions.ts'
import { clipX0, keepX0, type ProcessX0 } from './process-x0.ts'

/** What a model predicts from x_t, both [N,H,W,C]. The two agree: x_t = alpha x0 + sigma epsilon. */
export interface Denoised extends DataAndNoise {
  /** The logarithm of the variance of the reverse step, given its bounds; only if the variance is learned. */
  readonly logVariance?: LearnedLogVariance
}

/** A model as samplers see it, whatever its network predicts. Guidance turns one into another. */
export type Denoiser<C> = (xt: Tensor4D, level: NoiseLevelTensors, condition: C) => Denoised

/** Options of a denoiser. */
export interface DenoiserOptions {
  /**
   * Processes the predicted x0; epsilon is computed from the result. Default `clipX0`, which clips to [-1, 1].
   * `dynamicThreshold()` is another. `keepX0` leaves x0 as it is, for data that are not images.
   */
  readonly processX0?: ProcessX0
}

/**
 * The denoiser of a model: a traceable function of tensors.
 * @throws if a name in the process is unknown; (the denoiser) if the shape of the network's output does not fit `xt`
 * and the variance.
 */
export function denoiser<C>(model: DiffusionModel<C, Schedule>, options: DenoiserOptions = {}): Denoiser<C> {
  checkRecord('denoiser', 'a model', model, ['network', 'process'])
  checkOptions('denoiser', options, { processX0: true })
  const { processX0 = clipX0 } = options
  const { process } = model
  checkProcess(process)
  checkFunction(
    'denoiser',
    'model.network',
    model.network,
    'closeOver(network, params) of @cascade-diffusion/unet makes one',
  )
  const raw: Denoiser<C> = (xt, level, condition) => {
    const output = evaluateNetwork(model, xt, level.noiseInput, condition)
    const logVariance = learnedLogVariance(process.variance, output.variance)
    return { ...readPrediction(process.prediction, output.prediction, xt, level), logVariance }
  }
  return processingX0(raw, processX0)
}

/** A denoiser whose x0 is processed and whose epsilon follows from that. Guidance processes after it has combined. */
export function processingX0<C>(denoise: Denoiser<C>, processX0: ProcessX0): Denoiser<C> {
  checkFunction('processingX0', 'a denoiser', denoise, 'denoiser({ network, process })')
  checkFunction('processingX0', 'processX0', processX0, 'clipX0, keepX0, dynamicThreshold()')
  if (processX0 === keepX0) return denoise
  return (xt, level, condition) => {
    const denoised = denoise(xt, level, condition)
    const x0 = processX0(denoised.x0)
    return { ...denoised, x0, epsilon: epsilonFromX0(xt, x0, level) }
  }
}
