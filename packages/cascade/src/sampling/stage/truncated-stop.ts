import { CascadeError, isCascadeError, shown } from '@cascade-diffusion/checks'
import { type ConditioningAugmentation, checkLevel } from '@cascade-diffusion/conditioning-augmentation'
import {
  checkRoute,
  type DiffusionProcess,
  isDiscrete,
  lastStep,
  type NoiseLevel,
  noiseLevel,
  type Schedule,
  takesNoiseLevels,
} from '@cascade-diffusion/diffusion'
import type { Stage, SuperResolutionStage } from '../../stage/stage.ts'
import { stageRoute } from './sampling-process.ts'
import type { StageSamplerOptions } from './stage-sampler-options.ts'

/** A stage of a cascade whose images another one super-resolves. Only a diffusion model can be truncated. */
export interface LowerStage {
  readonly stage: Stage | { readonly name: string; readonly kind: string }
  /** How it is sampled; of a diffusion model. */
  readonly sampling?: Pick<StageSamplerOptions, 'sampler' | 'schedule' | 'spacing' | 'steps' | 'restarts'>
}

/**
 * The noise level at which a stage has to stop, so that its images are the z_s that the next stage was trained on:
 * truncated conditioning augmentation (Cascaded Diffusion Models, section 3.2 and Algorithm 2). It is `stop` for the
 * lower stage, whose images are then `augmented` for the upper one.
 *
 * The lower stage's own process must have that noise level. If its network is conditioned on discrete steps, and s
 * counts steps, ᾱ of both schedules must agree at s, to 1e-6; otherwise it must be within the process. The process of
 * sampling may be another: only some of the steps, or another schedule. The steps above the stop are then taken.
 * @param lower the stage to truncate, as a cascade has it.
 * @param upper the super-resolution stage after it.
 * @param level s, in the unit of the upper stage's augmentation. At level 0 the lower stage goes to the data.
 * @throws if the lower stage is no diffusion model; the augmentation is none by a forward process; s is out of the
 * augmentation's range or outside the lower process; the schedules disagree at s; or the lower stage has no step above
 * it, or restarts that do not lead to it.
 */
export function truncatedStop(lower: LowerStage, upper: SuperResolutionStage, level: number): NoiseLevel {
  if (upper?.kind !== 'super-resolution')
    throw new CascadeError(
      'input',
      `truncatedStop: expected a super-resolution stage as the upper one, got ${shown(upper)}`,
    )
  const where = `stage '${upper.name}'`
  const { stage, sampling } = (lower ?? {}) as Partial<LowerStage>
  if (typeof stage?.name !== 'string')
    throw new CascadeError(
      'input',
      `${where}: expected the stage before it for truncated sampling, got ${shown(lower)}`,
    )
  if (!('process' in stage))
    throw new CascadeError(
      'input',
      `${where}: expected a diffusion model before it for truncated sampling, got '${stage.name}' (${stage.kind}), which has no process`,
    )
  if (typeof sampling?.sampler !== 'object' || sampling.sampler === null)
    throw new CascadeError(
      'input',
      `${where}: expected the sampling of '${stage.name}' for truncated sampling, got ${sampling === undefined ? 'none' : shown(sampling)}`,
    )
  const { augmentation } = upper
  if (typeof augmentation.noiseLevel !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected an augmentation by a forward process for truncated sampling, such as gaussian-noise, got ${augmentation.name}`,
    )
  checkLevel(augmentation, level, where)
  const stop = checkedStop(where, augmentation.noiseLevel(level), level)
  if (stop.sigma === 0) return stop
  const agrees = isDiscrete(stage.process.schedule) && !takesNoiseLevels(stage.process.noiseInput)
  if (agrees && !augmentation.continuous) checkAgreement(stage, upper, level, stop)
  else checkRange(stage, upper, level, stop)
  const { process, sampler, steps } = stageRoute(stage, sampling)
  try {
    checkRoute(process, sampler, { steps, stop, restarts: sampling.restarts })
  } catch (error) {
    if (!(isCascadeError(error) && error.message.startsWith('sample: '))) throw error
    const reason = error.message.slice('sample: '.length)
    throw new CascadeError('input', `stage '${stage.name}', truncated at s = ${level} of '${upper.name}': ${reason}`, {
      cause: error,
    })
  }
  return stop
}

/** How far two log-SNRs may be apart: 1e-6 of ᾱ and of 1 - ᾱ. */
const tolerance = 1e-6

const logSnr = ({ alpha, sigma }: NoiseLevel): number => 2 * Math.log(alpha / sigma)

/** ᾱ, as errors show it. */
const alphaBar = ({ alpha }: NoiseLevel): number => Number((alpha ** 2).toPrecision(12))

/** What an augmentation, maybe a custom one, gives. */
function checkedStop(where: string, stop: NoiseLevel | undefined, level: number): NoiseLevel {
  const { alpha, sigma } = (stop ?? {}) as Partial<NoiseLevel>
  if (typeof alpha === 'number' && typeof sigma === 'number' && Math.abs(alpha ** 2 + sigma ** 2 - 1) < 1e-6)
    return { alpha, sigma }
  throw new CascadeError(
    'input',
    `${where}: expected its augmentation's noiseLevel to give { alpha, sigma } with alpha² + sigma² = 1, got ${shown(stop)} at s = ${level}`,
  )
}

type Lower = { readonly name: string; readonly process: DiffusionProcess<Schedule> }
type Upper = { readonly name: string; readonly augmentation: ConditioningAugmentation }

function checkAgreement({ name, process }: Lower, upper: Upper, level: number, stop: NoiseLevel): void {
  const steps = lastStep(process.schedule) + 1
  if (level > steps)
    throw new CascadeError(
      'input',
      `stage '${upper.name}': expected s of at most ${steps}, the steps of '${name}', for truncated sampling, got ${level}`,
    )
  const own = noiseLevel(process.schedule, level - 1)
  const [a, b] = [logSnr(own), logSnr(stop)]
  if (a === b || Math.abs(a - b) < tolerance) return
  throw new CascadeError(
    'input',
    `stage '${upper.name}': expected an augmentation by the schedule of '${name}' for truncated sampling: ` +
      `at s = ${level}, ᾱ is ${alphaBar(own)} in '${name}', but ${alphaBar(stop)} in the ${upper.augmentation.name} of '${upper.name}'`,
  )
}

function checkRange({ name, process: { schedule } }: Lower, upper: Upper, level: number, stop: NoiseLevel): void {
  const [least, most] = [noiseLevel(schedule, 0), noiseLevel(schedule, lastStep(schedule))]
  if (logSnr(stop) <= logSnr(least) + tolerance && logSnr(stop) >= logSnr(most) - tolerance) return
  throw new CascadeError(
    'input',
    `stage '${upper.name}': expected s within the process of '${name}' for truncated sampling, ᾱ from ${alphaBar(most)} to ${alphaBar(least)}, ` +
      `got s = ${level}, where ᾱ is ${alphaBar(stop)}`,
  )
}
