import { CascadeError, checkOptions, nearest, parseConfig, shown } from '@cascade-diffusion/checks'
import { checkLevel, defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { ImagesStage } from '../kinds/images-stage.ts'
import type { ResampleStage } from '../kinds/resample-stage.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import { truncatedStop } from '../sampling/stage/truncated-stop.ts'
import type { TrainedStage } from '../stage/described-stage.ts'
import { checkChain } from './check-chain.ts'
import { samplingChoicesSchema } from './stage-sampling.ts'

/** A diffusion model of a {@link Cascade}, trained here or published, with the choices made after training. */
export interface DiffusionCascadeStage extends TrainedStage {
  /** How it is sampled: configurations, or values such as `ddim()` and custom ones, which cannot be saved. */
  readonly sampling: SamplingChoices
  /**
   * s, the level of conditioning augmentation in sampling; only of a super-resolution stage. Default: the least level
   * of its augmentation, which is 0, no augmentation, for nearly all.
   */
  readonly level?: number
  /**
   * Whether the stage below stops at s and hands over its z_s (paper, Section 3.2), rather than finished images, to
   * which noise is added anew (Section 3.3); only of a super-resolution stage. Default false.
   */
  readonly truncated?: boolean
}

/** A stage of a {@link Cascade} without weights: a plain resampler, or another program's images. */
export interface PlainCascadeStage {
  readonly stage: ResampleStage | ImagesStage
  readonly params?: undefined
  readonly sampling?: undefined
  readonly level?: undefined
  readonly truncated?: undefined
}

/** A stage of a {@link Cascade}. */
export type CascadeStage = DiffusionCascadeStage | PlainCascadeStage

/** Whether a stage of a cascade is a diffusion model, which has weights. */
export const isDiffusionStage = (stage: CascadeStage): stage is DiffusionCascadeStage =>
  stage.stage.kind === 'base' || stage.stage.kind === 'super-resolution'

/** A cascade as a value: everything that sampling needs, except the engine. `saveCascade` writes it to a folder. */
export interface Cascade<S extends CascadeStage = CascadeStage> {
  /**
   * In the order of sampling: each takes the images of the one before it. The first is a base or another program's
   * images; or a stage that takes images, which are then given as `lowRes`.
   */
  readonly stages: readonly S[]
}

/** The level that each super-resolution stage is sampled at, in order. */
export const chosenLevels = ({ stages }: Cascade): number[] =>
  stages.flatMap(({ stage, level }) =>
    stage.kind === 'super-resolution' ? [level ?? defaultLevel(stage.augmentation)] : [],
  )

/**
 * @throws unless each stage takes the images of the one before it, the choices for it are valid, and the stage below a
 * truncated one can stop at its level. The errors name both stages and both values.
 */
export function checkCascade(where: string, cascade: Cascade): void {
  const stages: unknown = cascade?.stages
  if (!Array.isArray(stages))
    throw new CascadeError('input', `${where}: expected a cascade, { stages }, got ${shown(cascade)}`)
  checkOptions<Cascade>(where, cascade, { stages: true })
  checkChain(where, cascade.stages)
  for (const [i, stage] of cascade.stages.entries()) checkChoices(where, stage, cascade.stages[i - 1])
}

const stageKeys = ['stage', 'params', 'sampling', 'level', 'truncated']

function checkChoices(where: string, given: CascadeStage, below: CascadeStage | undefined): void {
  const { stage, params, sampling, level, truncated } = given
  const of = `${where}: stage '${stage.name}'`
  // A stage may have other members too, such as those of `fromPretrained`.
  for (const name of Object.keys(given)) {
    const meant = stageKeys.includes(name) ? undefined : nearest(name, stageKeys)
    if (meant) throw new CascadeError('input', `${of}: unknown option '${name}'. Did you mean '${meant}'?`)
  }
  if (isDiffusionStage(given))
    parseConfig(`${where}: sampling of stage '${stage.name}'`, samplingChoicesSchema, sampling)
  else if (params !== undefined || sampling !== undefined)
    throw new CascadeError('input', `${of}: expected no params and no sampling, since its kind is '${stage.kind}'`)
  if (stage.kind !== 'super-resolution') {
    for (const [name, value] of Object.entries({ level, truncated }))
      if (value !== undefined)
        throw new CascadeError(
          'input',
          `${where}: expected no ${name} of the ${nounOf(stage.kind)} '${stage.name}', got ${shown(value)}`,
        )
    return
  }
  const s = checkLevel(stage.augmentation, level ?? defaultLevel(stage.augmentation), of)
  if (truncated !== undefined && typeof truncated !== 'boolean')
    throw new CascadeError('input', `${of}: expected truncated, true or false, got ${shown(truncated)}`)
  if (!truncated) return
  if (!below) throw new CascadeError('input', `${of}: expected a stage before it for truncated sampling, got none`)
  truncatedStop(below, stage, s)
}

const nounOf = (kind: CascadeStage['stage']['kind']): string =>
  ({ base: 'base', 'super-resolution': 'super-resolution stage', resample: 'resampler', images: 'images' })[kind]
