import { CascadeError, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { type CompleteUNetConfig, imageSize, type Resampling, type UNetConfig } from './config.ts'

/** The fields of a configuration. */
export const unetFields: KnownKeys<UNetConfig> = {
  resolution: true,
  imageChannels: true,
  outChannels: true,
  patchSize: true,
  baseChannels: true,
  channelMultipliers: true,
  firstChannels: true,
  residualBlocks: true,
  attentionResolutions: true,
  attentionHeads: true,
  attentionHeadsUp: true,
  attentionHeadChannels: true,
  middleAttention: true,
  middleAttentionNorm: true,
  resampling: true,
  downsamplePadding: true,
  noiseEmbedding: true,
  numClasses: true,
  lowRes: true,
  augmentationLevels: true,
  scaleShiftNorm: true,
  dropout: true,
  residualScale: true,
  middleResidualScale: true,
  normGroups: true,
  normEpsilon: true,
}

/**
 * Checks what TypeScript checks and JavaScript does not: the types of fields that are lists and records.
 * @throws with the name of the field.
 */
export function checkConfig(where: string, config: UNetConfig): void {
  const { channelMultipliers, attentionResolutions = [], resampling, noiseEmbedding, lowRes, resolution } = config
  const expect = (is: boolean, field: string, what: string, value: unknown) => {
    if (!is) throw new CascadeError('input', `${where}: expected ${field}, ${what}, got ${shown(value)}`)
  }
  const isRecord = (value: unknown) => value === undefined || (typeof value === 'object' && value !== null)
  const isPair = Array.isArray(resolution) && resolution.length === 2
  expect(typeof resolution === 'number' || isPair, 'resolution', 'a number or a pair of them', resolution)
  for (const [field, list] of Object.entries({ channelMultipliers, attentionResolutions }))
    expect(Array.isArray(list) && list.every((x) => typeof x === 'number'), field, 'a list of numbers', list)
  const isNamed = noiseEmbedding === undefined || (isRecord(noiseEmbedding) && 'name' in noiseEmbedding)
  expect(isNamed, 'noiseEmbedding', '{ name }', noiseEmbedding)
  expect(isRecord(lowRes), 'lowRes', '{ channels }', lowRes)
  if (resampling === undefined || typeof resampling === 'string') return
  for (const way of ['down', 'up'] as const)
    expect(Array.isArray(resampling?.[way]), `resampling.${way}`, 'a list of kinds', resampling?.[way])
}

/**
 * Fills in the defaults and checks each field. `planOf` checks that heads and groups divide the channels.
 * @throws if a field is out of its range, or two fields contradict each other.
 */
export function completeConfig(config: UNetConfig): CompleteUNetConfig {
  const { residualScale = 1 } = config
  const complete: CompleteUNetConfig = {
    ...defined(config),
    ...heads(config),
    outChannels: config.outChannels ?? config.imageChannels,
    patchSize: config.patchSize ?? 1,
    firstChannels: config.firstChannels ?? config.baseChannels,
    attentionResolutions: config.attentionResolutions ?? [],
    middleAttention: config.middleAttention ?? true,
    middleAttentionNorm: config.middleAttentionNorm ?? true,
    resampling: config.resampling ?? 'conv',
    downsamplePadding: config.downsamplePadding ?? 'both',
    noiseEmbedding: config.noiseEmbedding ?? { name: 'timestep' },
    augmentationLevels: config.augmentationLevels ?? false,
    scaleShiftNorm: config.scaleShiftNorm ?? true,
    dropout: config.dropout ?? 0,
    residualScale,
    middleResidualScale: config.middleResidualScale ?? residualScale,
    normGroups: config.normGroups ?? greatestCommonDivisor(32, config.baseChannels),
    normEpsilon: config.normEpsilon ?? 1e-5,
  }
  checkNumbers(complete)
  checkResolutions(complete)
  checkChoices(complete)
  return complete
}

/** How the resolution changes between levels `level` and `level + 1`. */
export function resamplingOf({ resampling }: CompleteUNetConfig, way: 'down' | 'up', level: number): Resampling {
  return typeof resampling === 'string' ? resampling : (resampling[way][level] as Resampling)
}

/** Without undefined fields, which JSON leaves out. */
const defined = (config: UNetConfig): UNetConfig =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as unknown as UNetConfig

function heads({ attentionHeads, attentionHeadsUp, attentionHeadChannels }: UNetConfig) {
  if (attentionHeadChannels === undefined)
    return { attentionHeads: attentionHeads ?? 1, attentionHeadsUp: attentionHeadsUp ?? attentionHeads ?? 1 }
  if (attentionHeads !== undefined || attentionHeadsUp !== undefined)
    throw new CascadeError(
      'input',
      'unet: expected attentionHeadChannels or numbers of heads, got attentionHeadChannels and ' +
        `attentionHead${attentionHeads === undefined ? 'sUp' : 's'}`,
    )
  return { attentionHeadChannels }
}

function checkNumbers(config: CompleteUNetConfig): void {
  const [height, width] = imageSize(config)
  const counts = {
    height,
    width,
    imageChannels: config.imageChannels,
    outChannels: config.outChannels,
    patchSize: config.patchSize,
    baseChannels: config.baseChannels,
    firstChannels: config.firstChannels,
    residualBlocks: config.residualBlocks,
    attentionHeads: config.attentionHeads ?? 1,
    attentionHeadsUp: config.attentionHeadsUp ?? 1,
    attentionHeadChannels: config.attentionHeadChannels ?? 1,
    normGroups: config.normGroups,
    numClasses: config.numClasses ?? 1,
    'lowRes.channels': config.lowRes?.channels ?? 1,
  }
  for (const [name, count] of Object.entries(counts))
    if (!(Number.isInteger(count) && count > 0))
      throw new CascadeError('input', `unet: ${name} must be a positive integer, got ${shown(count)}`)
  if (config.residualBlocks > 1000)
    throw new CascadeError('input', `unet: residualBlocks must be at most 1000, got ${config.residualBlocks}`)
  const { residualScale, middleResidualScale, normEpsilon } = config
  for (const [name, value] of Object.entries({ residualScale, middleResidualScale, normEpsilon }))
    if (!(Number.isFinite(value) && value > 0))
      throw new CascadeError('input', `unet: ${name} must be a positive number, got ${shown(value)}`)
  if (!(Number.isFinite(config.dropout) && config.dropout >= 0 && config.dropout < 1))
    throw new CascadeError('input', `unet: dropout must be a rate from 0 to below 1, got ${shown(config.dropout)}`)
  if (config.baseChannels % 2 !== 0)
    throw new CascadeError('input', `unet: baseChannels must be even, got ${config.baseChannels}`)
  if (config.channelMultipliers.length === 0)
    throw new CascadeError('input', 'unet: channelMultipliers: expected at least one')
  for (const multiplier of config.channelMultipliers) {
    const channels = multiplier * config.baseChannels
    if (!(Number.isInteger(channels) && channels > 0))
      throw new CascadeError(
        'input',
        `unet: channelMultipliers times baseChannels must be positive integers, got ${multiplier} · ${config.baseChannels}`,
      )
  }
}

function checkResolutions(config: CompleteUNetConfig): void {
  const [height, width] = imageSize(config)
  const { patchSize, channelMultipliers } = config
  if (height % patchSize !== 0 || width % patchSize !== 0)
    throw new CascadeError('input', `unet: patchSize must divide the resolution ${height}×${width}, got ${patchSize}`)
  const [high, wide] = [height / patchSize, width / patchSize]
  const heights = channelMultipliers.map((_, level) => high / 2 ** level)
  const halvings = heights.length - 1
  if (high % 2 ** halvings !== 0 || wide % 2 ** halvings !== 0) {
    const patches = patchSize === 1 ? '' : ` patches of ${patchSize}×${patchSize}`
    throw new CascadeError(
      'input',
      `unet: resolution must halve evenly ${halvings} times, got ${high}×${wide}${patches}`,
    )
  }
  for (const at of config.attentionResolutions)
    if (!heights.includes(at))
      throw new CascadeError(
        'input',
        `unet: attentionResolutions must be among the levels' heights ${heights.join(', ')}, got ${at}`,
      )
  if (config.augmentationLevels && !config.lowRes)
    throw new CascadeError(
      'input',
      'unet: augmentationLevels needs lowRes: there is no low-resolution image to augment',
    )
}

function checkChoices(config: CompleteUNetConfig): void {
  const { resampling, noiseEmbedding, channelMultipliers, baseChannels } = config
  const kinds = ['conv', 'pool', 'residual']
  if (typeof resampling === 'string') expectOneOf('resampling', resampling, kinds)
  else
    for (const way of ['down', 'up'] as const) {
      const changes = channelMultipliers.length - 1
      if (resampling[way].length !== changes)
        throw new CascadeError(
          'input',
          `unet: expected resampling.${way} of length ${changes}, got ${resampling[way].length}`,
        )
      for (const kind of resampling[way]) expectOneOf(`resampling.${way}`, kind, kinds)
    }
  expectOneOf('downsamplePadding', config.downsamplePadding, ['both', 'after'])
  expectOneOf('noiseEmbedding.name', noiseEmbedding.name, ['timestep', 'noise-level'])
  if (config.lowRes?.resize) expectOneOf('lowRes.resize', config.lowRes.resize, ['bilinear', 'bicubic'])
  if (noiseEmbedding.name === 'timestep' && noiseEmbedding.frequencyShift !== undefined) {
    expectOneOf('noiseEmbedding.frequencyShift', noiseEmbedding.frequencyShift, [0, 1])
    if (noiseEmbedding.frequencyShift === 1 && baseChannels < 4)
      throw new CascadeError('input', `unet: a frequencyShift of 1 needs at least 4 baseChannels, got ${baseChannels}`)
  }
}

function expectOneOf<T>(name: string, value: T, choices: readonly T[]): void {
  if (!choices.includes(value))
    throw new CascadeError('input', `unet: ${name} must be one of ${choices.join(', ')}, got ${value}`)
}

const greatestCommonDivisor = (a: number, b: number): number => (b > 0 ? greatestCommonDivisor(b, a % b) : a)
