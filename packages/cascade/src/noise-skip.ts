import { type DiffusionProcess, noiseLevelAt } from '@cascade-diffusion/diffusion'
import { add, cast, mul, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import type { StageNetwork } from './stage.ts'

/**
 * The network with a path around it for the noise: ε_θ = σ_t x_t + α_t F(x_t), where F is what the network gives.
 * F then stands for v = α_t ε − σ_t x0 (Salimans & Ho 2022), and an untrained network predicts x0 = α_t x_t: near the end
 * of the process, where x_t is all noise, errors of F are no longer divided by a vanishing α_t.
 */
export const noiseSkip = (network: StageNetwork, process: DiffusionProcess): StageNetwork => ({
  config: { ...(network.config as object), noiseSkip: true },
  init: network.init,
  apply(params, xt, noise, condition) {
    const { alpha, sigma } = noiseLevelAt(process, cast(noise, 'int32') as Tensor1D)
    return add(mul(sigma, xt), mul(alpha, network.apply(params, xt, noise, condition))) as Tensor4D
  },
})
