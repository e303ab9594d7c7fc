import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  isDiscrete,
  type NoiseLevel,
  noiseLevel,
  type ProcessX0,
  processesX0,
  type Schedule,
} from '@cascade-diffusion/diffusion'
import { type Cascade, checkCascade, type DiffusionCascadeStage, isDiffusionStage } from '../cascade/cascade.ts'
import type { CascadeSampleOptions } from '../sampling/cascade/options.ts'
import { levelsOf } from '../sampling/cascade/run.ts'
import { truncatedStop } from '../sampling/stage/truncated-stop.ts'
import type { Stage, SuperResolutionStage } from '../stage/stage.ts'

/** What of a stage is evaluated. */
export interface StagePlan {
  readonly stage: Stage
  readonly params: Params<NDArray>
  readonly processX0: ProcessX0 | undefined
  /** s, of a super-resolution stage. */
  readonly level: number | undefined
  /** Whether the stage below ends at s, rather than in the data; of a super-resolution stage. */
  readonly truncated: boolean | undefined
  /** The step of the process that the terms of the bound end at; -1 for the data. */
  readonly stop: number
}

/**
 * What of each stage is evaluated.
 * @throws unless it is a cascade of diffusion models in discrete steps from a base on, and its levels are possible.
 */
export function stagePlans(where: string, cascade: Cascade, given: CascadeSampleOptions['levels']): StagePlan[] {
  checkCascade(where, cascade)
  const stages = cascade.stages.map((stage) => {
    if (isDiffusionStage(stage)) return stage
    const { name, kind } = stage.stage
    throw unfit(where, `expected diffusion models, which have a likelihood, got '${name}' (${kind})`)
  })
  const first = (stages[0] as DiffusionCascadeStage).stage
  if (first.kind !== 'base')
    throw unfit(
      where,
      `expected a base first, which makes images of noise, got the super-resolution stage '${first.name}'`,
    )
  for (const { stage } of stages)
    if (!isDiscrete(stage.process.schedule))
      throw unfit(where, `expected discrete steps, whose terms can be summed, got continuous time in '${stage.name}'`)
  const levels = levelsOf(stages, given)
  return stages.map(({ stage, params, sampling }, i) => {
    const upper = levels[i + 1]
    const stop = upper?.truncated
      ? truncatedStop(stages[i]!, stages[i + 1]!.stage as SuperResolutionStage, upper.level)
      : undefined
    const { processX0 } = sampling
    return {
      stage,
      params,
      processX0:
        processX0 === undefined || typeof processX0 === 'function'
          ? processX0
          : processesX0.of(`stage '${stage.name}': processX0`, processX0),
      level: levels[i]?.level,
      truncated: levels[i]?.truncated,
      stop: stop ? stepOf(where, stage, stop) : -1,
    }
  })
}

const unfit = (where: string, message: string) => new CascadeError('input', `${where}: ${message}`)

/** The step of a process that has a noise level. @throws if it lies between steps. */
function stepOf(where: string, { name, process }: Stage, stop: NoiseLevel): number {
  if (stop.sigma === 0) return -1
  const { betas } = (process as DiffusionProcess).schedule
  const logSnr = ({ alpha, sigma }: NoiseLevel) => 2 * Math.log(alpha / sigma)
  const step = betas.findIndex(
    (_, t) => Math.abs(logSnr(noiseLevel(process.schedule as Schedule, t)) - logSnr(stop)) < 1e-6,
  )
  if (step >= 0) return step
  throw unfit(
    where,
    `expected s at a step of the process of '${name}', where its bound can end, got ᾱ ${stop.alpha ** 2} between steps`,
  )
}
