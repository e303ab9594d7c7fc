import { checkFunction } from '@cascade-diffusion/checks'
import { add, mul, sub, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkImageTensors, checkRecord } from '../checks.ts'
import type { Denoiser } from '../model/denoiser.ts'
import { epsilonFromX0 } from '../model/predictions.ts'

/** What inpainting keeps, besides the condition of the network itself. */
export interface Inpainting<C> {
  /** Images [N,H,W,C] in [-1, 1]; their values where the mask is 0 do not matter. */
  readonly known: Tensor4D
  /** [N,H,W,1] or [N,H,W,C]: 1 where the images are known, 0 where they are to be sampled. */
  readonly mask: Tensor4D
  readonly condition: C
}

/**
 * Inpainting by replacement: known pixels take the place of the predicted x0. Any sampler then draws the known part of
 * each x_t from the forward process of the known images, as RePaint does (Lugmayr et al. 2022, equation 8).
 * `repaintRestarts` gives RePaint's resampling, which harmonises the two parts. Traceable.
 * @throws (the denoiser) if the known images or the mask are missing, or the images do not have the shape of `xt`.
 */
export function inpainting<C>(denoise: Denoiser<C>): Denoiser<Inpainting<C>> {
  checkFunction('inpainting', 'a denoiser', denoise, 'denoiser({ network, process })')
  return (xt, level, given) => {
    checkRecord('inpainting', 'a condition', given, ['known', 'mask'])
    const { known, mask, condition } = given
    checkImageTensors('inpainting', { xt, known })
    const denoised = denoise(xt, level, condition)
    const x0 = add(denoised.x0, mul(mask, sub(known, denoised.x0))) as Tensor4D
    return { ...denoised, x0, epsilon: epsilonFromX0(xt, x0, level) }
  }
}
