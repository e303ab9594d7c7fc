import {
  type Cascade,
  type CascadeStage,
  isDiffusionStage,
  type StageLevel,
  type StepsConfig,
} from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { isDiscrete, type SamplerConfig, samplers } from '@cascade-diffusion/diffusion'
import { probably, UsageError } from '../usage-error.ts'

/** What the command line says of sampling, in place of what was saved with the cascade. */
export interface GivenSampling {
  readonly steps?: number
  readonly sampler?: string
  readonly guidance?: number
  /** `S`, or `STAGE=S`. */
  readonly level: readonly string[]
}

/**
 * The cascade, sampled as the command line says.
 * @throws UsageError for a sampler or a stage that there is not; of code `input` if a stage cannot be sampled so.
 */
export function withSampling(cascade: Cascade, given: GivenSampling): Cascade {
  const levels = levelsOf(cascade, given.level)
  const sampler = given.sampler === undefined ? undefined : samplerNamed(given.sampler)
  return {
    stages: cascade.stages.map((stage): CascadeStage => {
      if (!isDiffusionStage(stage)) return stage
      const { sampling } = stage
      const level = levels[stage.stage.name]
      const guidance =
        given.guidance === undefined || !stage.stage.classNames
          ? sampling.guidance
          : ({ name: 'classifier-free', scale: given.guidance } as const)
      return {
        ...stage,
        level: typeof level === 'number' ? level : stage.level,
        sampling: {
          ...sampling,
          sampler: sampler ?? sampling.sampler,
          steps:
            given.steps === undefined
              ? sampling.steps
              : stepsOf(stage.stage.process.schedule, sampling.steps, given.steps),
          guidance,
        },
      }
    }),
  }
}

/** As many steps, over the same part of the process. */
function stepsOf(
  schedule: object,
  saved: number | readonly number[] | StepsConfig | undefined,
  count: number,
): number | StepsConfig {
  if (typeof saved === 'object' && !Array.isArray(saved)) return { ...(saved as StepsConfig), count }
  if (isDiscrete(schedule as Parameters<typeof isDiscrete>[0])) return count
  if (!Array.isArray(saved))
    throw new CascadeError('input', '--steps: expected a cascade whose steps can be changed, got continuous time')
  return { count, from: saved[0], to: saved.at(-1) }
}

function samplerNamed(text: string): SamplerConfig {
  const { names } = samplers
  if (!text.startsWith('{') && !names.includes(text as never))
    throw new UsageError(`--sampler: expected ${names.join(', ')}, or JSON, got '${text}'${probably(text, names)}`)
  try {
    return text.startsWith('{') ? JSON.parse(text) : ({ name: text } as SamplerConfig)
  } catch {
    throw new UsageError(`--sampler: expected JSON such as {"name":"ddim","eta":1}, got '${text}'`)
  }
}

/** The levels that are given, by the names of their stages. */
function levelsOf({ stages }: Cascade, given: readonly string[]): Readonly<Record<string, StageLevel>> {
  const names = stages.flatMap(({ stage }) => (stage.kind === 'super-resolution' ? [stage.name] : []))
  return Object.fromEntries(
    given.flatMap((text) => {
      const at = text.lastIndexOf('=')
      const [name, level] = [text.slice(0, Math.max(0, at)), Number(text.slice(at + 1))]
      if (text.slice(at + 1).trim() === '' || !Number.isFinite(level) || level < 0)
        throw new UsageError(`--level: expected a number from 0, or STAGE=NUMBER, got '${text}'`)
      if (names.length === 0)
        throw new UsageError(`--level: expected a cascade with a super-resolution stage, got --level ${text}`)
      if (at < 0) return names.map((each) => [each, level] as const)
      if (!names.includes(name))
        throw new UsageError(
          `--level: expected one of the stages ${names.join(', ')}, got '${name}'${probably(name, names)}`,
        )
      return [[name, level] as const]
    }),
  )
}
