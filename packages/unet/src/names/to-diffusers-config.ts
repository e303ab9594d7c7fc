import { CascadeError } from '@cascade-diffusion/checks'
import { type CompleteUNetConfig, imageSize, type UNetConfig } from '../config/config.ts'
import { planOf } from '../plan.ts'
import { unet } from '../unet.ts'
import { type DiffusersOptions, expectUNet2D } from './diffusers.ts'
import { type DiffusersConfig, diffusersDefaults } from './diffusers-config.ts'

/**
 * The `config.json` of `UNet2DModel` of diffusers for our network: the inverse of {@link fromDiffusersConfig}.
 * @throws if a `UNet2DModel` cannot be that network.
 */
export function toDiffusersConfig(
  given: UNetConfig,
  { flipSinToCos = true }: DiffusersOptions = {},
): DiffusersConfig & { _class_name: 'UNet2DModel' } {
  const { config } = unet(given)
  expectUNet2D('toDiffusersConfig', config)
  const { noiseEmbedding, resolution } = config
  const resampling = resamplingsOf(config)
  return {
    _class_name: 'UNet2DModel',
    ...diffusersDefaults,
    sample_size: resolution,
    in_channels: config.imageChannels + (config.lowRes?.channels ?? 0),
    out_channels: config.outChannels,
    freq_shift: noiseEmbedding.name === 'timestep' ? (noiseEmbedding.frequencyShift ?? 0) : 0,
    flip_sin_to_cos: flipSinToCos,
    ...blockTypes(config, resampling),
    block_out_channels: config.channelMultipliers.map((multiplier) => multiplier * config.baseChannels),
    layers_per_block: config.residualBlocks,
    mid_block_scale_factor: 1 / config.middleResidualScale,
    downsample_padding: config.downsamplePadding === 'after' ? 0 : 1,
    dropout: config.dropout,
    attention_head_dim: headChannels(config),
    norm_num_groups: config.normGroups,
    attn_norm_num_groups: config.scaleShiftNorm && config.middleAttentionNorm ? config.normGroups : null,
    norm_eps: config.normEpsilon,
    resnet_time_scale_shift: config.scaleShiftNorm ? 'scale_shift' : 'default',
    add_attention: config.middleAttention,
    num_class_embeds: config.numClasses ?? null,
  }
}

/** How the resolution changes between levels, down and up. */
function resamplingsOf({ resampling, channelMultipliers }: CompleteUNetConfig) {
  const each = channelMultipliers.slice(1).map(() => resampling)
  const kinds = typeof resampling === 'string' ? { down: each, up: each } : resampling
  if ([...kinds.down, ...kinds.up].includes('pool'))
    throw new CascadeError(
      'input',
      "toDiffusersConfig: a UNet2DModel cannot resample without weights: expected no 'pool'",
    )
  return kinds as { down: ('conv' | 'residual')[]; up: ('conv' | 'residual')[] }
}

/** The types of blocks, and how blocks with attention resample, which is one setting for all of them. */
function blockTypes(config: CompleteUNetConfig, kinds: ReturnType<typeof resamplingsOf>) {
  const [height] = imageSize(config)
  const attends = (level: number) => config.attentionResolutions.includes(height / 2 ** level)
  const typesOf = (way: 'Down' | 'Up') =>
    config.channelMultipliers.map((_, level) => {
      if (attends(level)) return `Attn${way}Block2D`
      const kind = kinds[way === 'Down' ? 'down' : 'up'][way === 'Down' ? level : level - 1]
      return kind === 'residual' ? `Resnet${way}sampleBlock2D` : `${way}Block2D`
    })
  const sampleType = (way: 'down' | 'up') => {
    const levels = kinds[way].map((_, i) => (way === 'down' ? i : i + 1))
    const withAttention = new Set(kinds[way].filter((_, i) => attends(levels[i]!)))
    if (withAttention.size > 1)
      throw new CascadeError(
        'input',
        `toDiffusersConfig: expected one kind of resampling.${way} for all levels with attention, got two`,
      )
    return withAttention.has('residual') ? 'resnet' : 'conv'
  }
  return {
    down_block_types: typesOf('Down'),
    up_block_types: typesOf('Up').reverse(),
    downsample_type: sampleType('down'),
    upsample_type: sampleType('up'),
  }
}

/** The channels of all heads, or null if each attention has one head. */
function headChannels(config: CompleteUNetConfig): number | null {
  if (config.attentionHeadChannels !== undefined) return config.attentionHeadChannels
  const plan = planOf(config)
  const attentions = [...plan.down, ...plan.middle, ...plan.up].flatMap((step) =>
    step.kind === 'residual' && step.attention
      ? [{ heads: step.attention.heads, width: step.to / step.attention.heads }]
      : [],
  )
  if (attentions.every(({ heads }) => heads === 1)) return null
  const widths = [...new Set(attentions.map(({ width }) => width))]
  if (widths.length > 1)
    throw new CascadeError(
      'input',
      `toDiffusersConfig: a UNet2DModel has heads of one width: expected attentionHeadChannels, got numbers of heads ` +
        `that make their channels ${widths.join(', ')}`,
    )
  return widths[0]!
}
