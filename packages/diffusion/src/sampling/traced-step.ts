import { slice, sum, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Denoiser } from '../model/denoiser.ts'
import { checkedUpdate } from './check-sampler.ts'
import type { Sampler } from './samplers/sampler.ts'

/** What passes from evaluation to evaluation. */
export interface SamplingState {
  readonly xt: Tensor4D
  readonly history: readonly Tensor4D[]
}

/**
 * One evaluation of the network and the sampler's update, as a function of tensors. It serves all evaluations: they
 * differ in `numbers`, an entry of the plan. `total` is finite if every value of the images is.
 */
export const tracedStep =
  <C>(denoise: Denoiser<C>, sampler: Sampler) =>
  (
    { xt: from, history }: SamplingState,
    numbers: Tensor1D,
    noise: Tensor4D | undefined,
    condition: C,
  ): { readonly state: SamplingState; readonly x0: Tensor4D; readonly total: Tensor } => {
    const number = (i: number): Tensor1D => slice(numbers, [i], [1])
    const c = Object.fromEntries(sampler.coefficients.map((name, i) => [name, number(3 + i)]))
    const xt = sampler.prepare?.({ xt: from, c, noise }) ?? from
    const denoised = denoise(xt, { noiseInput: number(0), alpha: number(1), sigma: number(2) }, condition)
    const updated = checkedUpdate(sampler, sampler.update({ xt, denoised, history, c, noise }), from)
    return {
      state: { xt: updated.xt, history: updated.history ?? [] },
      x0: denoised.x0,
      total: sum(updated.xt),
    }
  }
