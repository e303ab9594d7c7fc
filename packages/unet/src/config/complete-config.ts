import { CascadeError } from '@cascade-diffusion/checks'
import { type CompleteUNetConfig, type ImageSides, imageSize, type Resampling, type UNetConfig } from './config.ts'

/**
 * Fills in the defaults of a configuration whose fields are right by themselves. `planOf` checks that heads and groups divide the channels.
 * @throws if two fields contradict each other.
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
  checkMultipliers(complete)
  checkResolutions(complete)
  checkChoices(complete)
  return complete
}

/** How the resolution changes between levels `level` and `level + 1`. */
export function resamplingOf({ resampling }: CompleteUNetConfig, way: 'down' | 'up', level: number): Resampling {
  return typeof resampling === 'string' ? resampling : (resampling[way][level] as Resampling)
}

/** The height of each level, in patches. */
export function levelHeights(config: Pick<CompleteUNetConfig, 'resolution' | 'patchSize' | 'channelMultipliers'>) {
  const [height] = imageSize(config)
  return config.channelMultipliers.map((_, level) => height / config.patchSize / 2 ** level)
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

function checkMultipliers({ channelMultipliers, baseChannels }: CompleteUNetConfig): void {
  const odd = channelMultipliers.find((multiplier) => !Number.isInteger(multiplier * baseChannels))
  if (odd !== undefined)
    throw new CascadeError(
      'input',
      `unet: expected channelMultipliers times baseChannels to be positive integers, got ${odd} · ${baseChannels}`,
    )
}

function checkResolutions(config: CompleteUNetConfig): void {
  const sides = imageSize(config)
  const { patchSize, channelMultipliers } = config
  const halvings = channelMultipliers.length - 1
  checkSides(sides, patchSize, `patches of ${patchSize}×${patchSize}`)
  const patches = patchSize === 1 ? '' : ` of patches of ${patchSize}×${patchSize}`
  checkSides(sides, patchSize * 2 ** halvings, `levels that halve evenly ${times(halvings)}${patches}`)
  const heights = levelHeights(config)
  for (const at of config.attentionResolutions)
    if (!heights.includes(at))
      throw new CascadeError(
        'input',
        `unet: expected attentionResolutions to be among the levels' heights ${heights.join(', ')}, got ${at}`,
      )
  if (config.augmentationLevels && !config.lowRes)
    throw new CascadeError(
      'input',
      'unet: augmentationLevels needs lowRes: there is no low-resolution image to augment',
    )
}

/** @throws unless both sides are multiples of a number, which `why` needs. The error names the sides that are not. */
function checkSides([height, width]: ImageSides, multiple: number, why: string): void {
  const wrong = Object.entries({ height, width }).filter(([, side]) => side % multiple !== 0)
  if (wrong.length === 0) return
  const got = wrong.map(([name, side]) => `a ${name} of ${side}`).join(' and ')
  throw new CascadeError(
    'input',
    `unet: expected a resolution of multiples of ${multiple}, for ${why}, got ${got} in ${height}×${width}`,
  )
}

const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`)

function checkChoices({ resampling, noiseEmbedding, channelMultipliers, baseChannels }: CompleteUNetConfig): void {
  const changes = channelMultipliers.length - 1
  if (typeof resampling !== 'string')
    for (const way of ['down', 'up'] as const)
      if (resampling[way].length !== changes)
        throw new CascadeError(
          'input',
          `unet: expected resampling.${way} of length ${changes}, got ${resampling[way].length}`,
        )
  if (noiseEmbedding.name === 'timestep' && noiseEmbedding.frequencyShift === 1 && baseChannels < 4)
    throw new CascadeError('input', `unet: a frequencyShift of 1 needs at least 4 baseChannels, got ${baseChannels}`)
}

const greatestCommonDivisor = (a: number, b: number): number => (b > 0 ? greatestCommonDivisor(b, a % b) : a)
