import { CascadeError, parseConfig, shown } from '@cascade-diffusion/checks'
import { checkLevel, defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import { shownSize } from '@cascade-diffusion/data'
import { checkTrained } from '../sampling/check-sampling.ts'
import type { TrainedStage } from '../stage/load-stage.ts'
import { type StageSampling, stageSamplingSchema } from './stage-sampling.ts'

/** A stage of a {@link Cascade}: trained, with the choices made after training. */
export interface CascadeStage extends TrainedStage {
  /** How it is sampled. */
  readonly sampling: StageSampling
  /**
   * s, the level of conditioning augmentation in sampling; only of a super-resolution stage. Default: the least of the
   * augmentation, nearly always 0, none.
   */
  readonly level?: number
}

/** A cascade as a value: everything that sampling needs, except the engine. `saveCascade` writes it to a folder. */
export interface Cascade {
  /** In the order of sampling: each super-resolves the images of the one before it. */
  readonly stages: readonly CascadeStage[]
}

/** The level that each super-resolution stage is sampled at, in order. */
export const chosenLevels = ({ stages }: Cascade): number[] =>
  stages.flatMap(({ stage, level }) => (stage.kind === 'base' ? [] : [level ?? defaultLevel(stage.augmentation)]))

/** @throws unless each stage takes the images of the one before it, and its level and its sampling are valid. */
export function checkCascade(where: string, cascade: Cascade): void {
  const stages: unknown = cascade?.stages
  if (!Array.isArray(stages))
    throw new CascadeError('input', `${where}: expected a cascade, { stages }, got ${shown(cascade)}`)
  checkChain(where, cascade.stages)
  for (const { stage, sampling, level } of cascade.stages) {
    parseConfig(`${where}: sampling of stage '${stage.name}'`, stageSamplingSchema, sampling)
    if (stage.kind === 'super-resolution')
      checkLevel(stage.augmentation, level ?? defaultLevel(stage.augmentation), `${where}: stage '${stage.name}'`)
    else if (level !== undefined)
      throw new CascadeError('input', `${where}: expected no level of the base '${stage.name}', got ${shown(level)}`)
  }
}

/** @throws unless the stages are trained, have different names, and each takes the images of the one before it. */
export function checkChain(where: string, stages: readonly TrainedStage[]): void {
  for (const stage of stages) checkTrained(where, stage)
  if (stages.length === 0) throw new CascadeError('input', `${where}: expected at least one stage, got none`)
  for (const [i, { stage }] of stages.entries()) {
    const below = stages[i - 1]?.stage
    // Names are the keys of the stages' noise.
    if (stages.slice(0, i).some((other) => other.stage.name === stage.name))
      throw new CascadeError('input', `${where}: expected different names, got two stages '${stage.name}'`)
    if (i === 0 && stage.kind !== 'base')
      throw new CascadeError(
        'input',
        `${where}: expected a base stage first, got the super-resolution stage '${stage.name}'`,
      )
    if (!below) continue
    if (stage.kind !== 'super-resolution')
      throw new CascadeError(
        'input',
        `${where}: expected a super-resolution stage after '${below.name}', got the base '${stage.name}'`,
      )
    if (String(stage.lowSize) !== String(below.size) || stage.imageChannels !== below.imageChannels)
      throw new CascadeError(
        'input',
        `${where}: stage '${stage.name}' super-resolves ${shownSize(stage.lowSize)}×${stage.imageChannels}, ` +
          `but '${below.name}' makes ${shownSize(below.size)}×${below.imageChannels}`,
      )
    if (String(stage.classNames) !== String(below.classNames))
      throw new CascadeError(
        'input',
        `${where}: expected the classes of '${below.name}' (${below.classNames ?? 'none'}), got ${stage.classNames ?? 'none'} in '${stage.name}'`,
      )
  }
}
