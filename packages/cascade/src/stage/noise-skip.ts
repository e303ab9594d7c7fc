import { CascadeError } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  isDiscrete,
  learnsVariance,
  noiseLevelAt,
  type Schedule,
} from '@cascade-diffusion/diffusion'
import { add, cast, mul, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import type { StageNetwork } from './stage-network.ts'

/**
 * The network with a skip connection for the noise: ε_θ = σ_t x_t + α_t F(x_t), where F is the network's output. F then
 * predicts v = α_t ε − σ_t x0 (Salimans & Ho 2022), and an untrained network predicts x0 = α_t x_t: near the end of
 * the process, where x_t is nearly pure noise, errors of F are no longer divided by a vanishing α_t.
 * @throws unless the network predicts ε, with a fixed variance, and is conditioned on the step.
 */
export function noiseSkip(network: StageNetwork, process: DiffusionProcess<Schedule>): StageNetwork {
  const { schedule, prediction, variance, noiseInput } = process
  if (prediction !== 'epsilon' || learnsVariance(process) || noiseInput !== 'timestep' || !isDiscrete(schedule))
    throw new CascadeError(
      'input',
      `noiseSkip: expected a network that predicts epsilon with a fixed variance and is conditioned on the timestep, ` +
        `got ${prediction}, ${variance} and ${noiseInput}; a prediction of v needs no noiseSkip`,
    )
  return {
    config: { ...(network.config as object), noiseSkip: true },
    init: network.init,
    parameterShapes: network.parameterShapes,
    apply(params, xt, noise, condition) {
      const { alpha, sigma } = noiseLevelAt({ ...process, schedule }, cast(noise, 'int32') as Tensor1D)
      return add(mul(sigma, xt), mul(alpha, network.apply(params, xt, noise, condition))) as Tensor4D
    },
    resized: network.resized && ((size) => noiseSkip(network.resized!(size), process)),
  }
}
