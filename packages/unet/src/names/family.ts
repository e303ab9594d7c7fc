import { CascadeError } from '@cascade-diffusion/checks'
import type { CompleteUNetConfig } from '../config/config.ts'

/** Fields that have one value in all networks of a family, with these values. */
export type Family = Partial<Record<keyof CompleteUNetConfig, unknown>>

/** The fields that are the same in all networks of OpenAI. */
export const openAIFamily = (config: CompleteUNetConfig): Family => ({
  patchSize: 1,
  firstChannels: config.channelMultipliers[0]! * config.baseChannels,
  middleAttention: true,
  middleAttentionNorm: true,
  downsamplePadding: 'both',
  noiseEmbedding: { name: 'timestep' },
  ...(config.lowRes && { lowRes: { channels: config.imageChannels, resize: 'bilinear' } }),
  augmentationLevels: false,
  residualScale: 1,
  middleResidualScale: 1,
  normGroups: 32,
  normEpsilon: 1e-5,
})

/** @throws with all fields that differ from the family. */
export function expectFamily(name: string, source: string, config: CompleteUNetConfig, family: Family): void {
  const wrong = Object.entries(family).flatMap(([field, value]) => {
    const given = config[field as keyof CompleteUNetConfig]
    return same(explicit(value), explicit(given)) ? [] : [`${field} ${text(value)}, got ${text(given)}`]
  })
  if (wrong.length > 0) throw new CascadeError('input', `${name}: networks of ${source} have ${wrong.join('; ')}`)
}

/** A value with its own defaults filled in. */
function explicit(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('name' in value) return value.name === 'timestep' ? { frequencyShift: 0, ...value } : value
  return 'channels' in value ? { resize: 'bilinear', ...value } : value
}

const same = (a: unknown, b: unknown): boolean => text(a) === text(b)

const text = (value: unknown): string =>
  value === undefined ? 'none' : JSON.stringify(value, (_, v) => (v?.constructor === Object ? sorted(v) : v))

const sorted = (value: object) => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
