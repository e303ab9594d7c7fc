import { CascadeError } from '@cascade-diffusion/checks'
import type { DiffusionModel, DiffusionProcess, NoiseLevelTensors, Schedule } from '@cascade-diffusion/diffusion'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import type { LossInput } from '../loss-input.ts'

/** The loss of each example, [N], at steps or at noise levels: a traceable function. */
export type ExampleLoss = <C>(
  model: DiffusionModel<C, Schedule>,
  input: LossInput<C, Tensor1D | NoiseLevelTensors>,
) => Tensor1D

/** The process that a loss has to fit. */
export interface LossContext {
  /** The caller as errors name it: `stage 'base'`. */
  readonly where: string
  readonly process: DiffusionProcess<Schedule>
}

/** @throws an error with what was expected of the process. */
export const refuse = ({ where }: LossContext, expected: string): never => {
  throw new CascadeError('input', `${where}: expected ${expected}`)
}
