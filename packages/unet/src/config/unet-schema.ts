import { type Schema, schema } from '@cascade-diffusion/checks'
import type { LowResConfig, NoiseEmbedding, Resampling, UNetConfig } from './config.ts'

const count = schema.integer({ from: 1 })
const flag = schema.optional(schema.flag())
const positive = schema.optional(schema.positive())
const isSize = (x: unknown) => Number.isSafeInteger(x) && (x as number) > 0

/** The schema of one way of changing the resolution. */
export const resamplingSchema: Schema<Resampling> = schema.oneOf(['conv', 'pool', 'residual'])

const noiseEmbedding = schema.named<NoiseEmbedding>('a noise embedding', {
  timestep: schema.record<Extract<NoiseEmbedding, { name: 'timestep' }>>({
    name: schema.oneOf(['timestep']),
    frequencyShift: schema.optional(schema.oneOf([0, 1])),
  }),
  'noise-level': schema.record<Extract<NoiseEmbedding, { name: 'noise-level' }>>({
    name: schema.oneOf(['noise-level']),
  }),
})

const eachWay = schema.record<{ readonly down: readonly Resampling[]; readonly up: readonly Resampling[] }>({
  down: schema.list(resamplingSchema),
  up: schema.list(resamplingSchema),
})

/** The schemas of the fields of a {@link UNetConfig}. What fields say together is checked where the defaults are filled in. */
export const unetEntries: { readonly [K in keyof UNetConfig]-?: Schema<UNetConfig[K]> } = {
  resolution: schema.value(
    'an integer from 1, or [height, width]',
    (x) => (Array.isArray(x) ? x.length === 2 && x.every(isSize) : isSize(x)),
    { type: ['integer', 'array'], minimum: 1, items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 2 },
  ),
  imageChannels: count,
  outChannels: schema.optional(count),
  patchSize: schema.optional(count),
  baseChannels: schema.value('an even integer from 2', (x) => isSize(x) && (x as number) % 2 === 0, {
    type: 'integer',
    minimum: 2,
    multipleOf: 2,
  }),
  channelMultipliers: schema.list(schema.positive(), 1),
  firstChannels: schema.optional(count),
  residualBlocks: schema.integer({ from: 1, to: 1000 }),
  attentionResolutions: schema.optional(schema.list(count)),
  attentionHeads: schema.optional(count),
  attentionHeadsUp: schema.optional(count),
  attentionHeadChannels: schema.optional(count),
  middleAttention: flag,
  middleAttentionNorm: flag,
  resampling: schema.optional(schema.either(resamplingSchema, eachWay, (x) => typeof x === 'object')),
  downsamplePadding: schema.optional(schema.oneOf(['both', 'after'])),
  noiseEmbedding: schema.optional(noiseEmbedding),
  numClasses: schema.optional(count),
  lowRes: schema.optional(
    schema.record<LowResConfig>({
      channels: count,
      resize: schema.optional(schema.oneOf(['bilinear', 'bicubic'])),
    }),
  ),
  augmentationLevels: flag,
  scaleShiftNorm: flag,
  dropout: schema.optional(
    schema.value('a rate from 0 to below 1', (x) => Number.isFinite(x) && (x as number) >= 0 && (x as number) < 1, {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
    }),
  ),
  residualScale: positive,
  middleResidualScale: positive,
  normGroups: schema.optional(count),
  normEpsilon: positive,
}

/** The schema of {@link UNetConfig}. */
export const unetSchema: Schema<UNetConfig> = schema.record<UNetConfig>(unetEntries)
