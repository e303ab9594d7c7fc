import type { Cascade, CascadeSampleOptions, SamplingChanges } from '@cascade-diffusion/cascade'
import { type SamplerConfig, samplers } from '@cascade-diffusion/diffusion'
import { probably, UsageError } from '../usage-error.ts'

/** What the command line says of sampling, in place of what was saved with the cascade. */
export interface GivenSampling {
  readonly steps?: number
  readonly sampler?: string
  readonly guidance?: number
  /** `S`, or `STAGE=S`. */
  readonly level: readonly string[]
}

/** What `withSampling` is to change. @throws UsageError for a sampler that there is not. */
export const samplingChanges = ({ steps, sampler, guidance }: GivenSampling): SamplingChanges => ({
  steps,
  sampler: sampler === undefined ? undefined : samplerNamed(sampler),
  guidance: guidance === undefined ? undefined : { name: 'classifier-free', scale: guidance },
})

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

/** The levels that are given, by the names of their stages. @throws UsageError for a stage that there is not. */
export function levelsOf({ stages }: Cascade, given: readonly string[]): CascadeSampleOptions['levels'] {
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
