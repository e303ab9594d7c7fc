import { CascadeError } from '@cascade-diffusion/checks'
import { imageSize, type Resampling, type UNetConfig } from '../config/config.ts'
import { unet } from '../unet.ts'
import type { DiffusersOptions } from './diffusers.ts'
import { averageSettings, type DiffusersConfig, diffusersDefaults, plainSettings } from './diffusers-config.ts'

/** A network of diffusers as our configuration. */
export interface FromDiffusersConfig {
  config: UNetConfig
  /** The options of {@link fromDiffusers}. */
  options: Required<DiffusersOptions>
}

/**
 * The network that a `config.json` of `UNet2DModel` of diffusers describes. Missing settings and a missing class are
 * diffusers' defaults. Settings of averaged weights are ignored.
 * @param json the parsed file.
 * @param resolution height and width, in place of `sample_size`, which may be absent.
 * @throws with the name of a class or setting that this network cannot have, or of unknown settings.
 */
export function fromDiffusersConfig(json: unknown, resolution?: UNetConfig['resolution']): FromDiffusersConfig {
  const settings = settingsOf(json)
  const { block_out_channels: channels, layers_per_block, attention_head_dim, resnet_time_scale_shift } = settings
  const [baseChannels] = channels as [number, ...number[]]
  const size = resolution ?? settings.sample_size
  if (typeof size !== 'number' && !(Array.isArray(size) && size.length === 2))
    throw wrong(settings, 'sample_size', 'a number, a pair of them, or a resolution besides')
  const [height] = imageSize({ resolution: size })
  const attentionLevels = levelsWithAttention(settings)
  const scaleShiftNorm = resnet_time_scale_shift === 'scale_shift'
  if (settings.time_embedding_dim !== null && settings.time_embedding_dim !== 4 * baseChannels)
    throw wrong(settings, 'time_embedding_dim', `${4 * baseChannels}, 4 times the first of block_out_channels`)
  const groups = settings.attn_norm_num_groups
  if (groups !== null && groups !== settings.norm_num_groups)
    throw wrong(settings, 'attn_norm_num_groups', `null or norm_num_groups, ${settings.norm_num_groups}`)
  const config: UNetConfig = {
    resolution: size,
    imageChannels: settings.in_channels,
    outChannels: settings.out_channels,
    baseChannels,
    channelMultipliers: channels.map((c) => c / baseChannels),
    residualBlocks: layers_per_block,
    attentionResolutions: attentionLevels.map((level) => height / 2 ** level),
    ...(attention_head_dim === null ? { attentionHeads: 1 } : { attentionHeadChannels: attention_head_dim }),
    middleAttention: settings.add_attention,
    middleAttentionNorm: groups !== null || !scaleShiftNorm,
    resampling: resamplingOf(settings),
    downsamplePadding: settings.downsample_padding === 0 ? 'after' : 'both',
    noiseEmbedding: { name: 'timestep', frequencyShift: settings.freq_shift as 0 | 1 },
    ...(settings.num_class_embeds !== null && { numClasses: settings.num_class_embeds }),
    scaleShiftNorm,
    dropout: settings.dropout,
    middleResidualScale: 1 / settings.mid_block_scale_factor,
    normGroups: settings.norm_num_groups,
    normEpsilon: settings.norm_eps,
  }
  return { config: unet(config).config, options: { flipSinToCos: settings.flip_sin_to_cos } }
}

/** The settings with defaults. @throws if one is unknown or has another type. */
function settingsOf(json: unknown): DiffusersConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new CascadeError('input', 'fromDiffusersConfig: expected the settings of a UNet2DModel as an object')
  const ofNetwork = (name: string) => !name.startsWith('_') && !averageSettings.includes(name)
  const given = Object.fromEntries(Object.entries(json).filter(([name]) => ofNetwork(name)))
  const className = (json as { _class_name?: unknown })._class_name ?? 'UNet2DModel'
  if (className !== 'UNet2DModel')
    throw new CascadeError('input', `fromDiffusersConfig: expected _class_name 'UNet2DModel', got '${className}'`)
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(diffusersDefaults, name))
  if (unknown.length > 0)
    throw new CascadeError('input', `fromDiffusersConfig: a UNet2DModel has no ${unknown.join(', ')}`)
  const settings = { ...diffusersDefaults, ...given } as DiffusersConfig
  for (const [name, values] of Object.entries(plainSettings)) {
    const value = settings[name as keyof DiffusersConfig]
    if (!values.includes(value as never)) throw wrong(settings, name, values.map((v) => JSON.stringify(v)).join(' or '))
  }
  const { block_out_channels, down_block_types, up_block_types } = settings
  for (const [name, type] of Object.entries(lists)) {
    const list: unknown = settings[name as keyof DiffusersConfig]
    if (!Array.isArray(list) || list.length === 0 || list.some((item) => typeof item !== type))
      throw wrong(settings, name, `a list of ${type}s`)
  }
  if (down_block_types.length !== block_out_channels.length || up_block_types.length !== block_out_channels.length)
    throw new CascadeError(
      'input',
      'fromDiffusersConfig: expected block_out_channels, down_block_types and up_block_types of one length, got ' +
        `${block_out_channels.length}, ${down_block_types.length} and ${up_block_types.length}`,
    )
  return settings
}

const lists = { block_out_channels: 'number', down_block_types: 'string', up_block_types: 'string' }

/** Levels whose residual blocks have attention. @throws if those on the way up differ. */
function levelsWithAttention({ down_block_types: down, up_block_types: up }: DiffusersConfig): number[] {
  const levels = (types: readonly string[]) => types.flatMap((type, i) => (type.startsWith('Attn') ? [i] : []))
  const [onTheWayDown, onTheWayUp] = [levels(down), levels([...up].reverse())]
  if (`${onTheWayDown}` !== `${onTheWayUp}`)
    throw new CascadeError(
      'input',
      'fromDiffusersConfig: expected attention at the same resolutions in down_block_types and up_block_types, got ' +
        `levels ${onTheWayDown.join(', ') || 'none'} and ${onTheWayUp.join(', ') || 'none'}`,
    )
  return onTheWayDown
}

function resamplingOf(settings: DiffusersConfig): UNetConfig['resampling'] {
  const types = { down: settings.down_block_types.slice(0, -1), up: settings.up_block_types.slice(0, -1).reverse() }
  const kinds = (way: 'down' | 'up') =>
    types[way].map((type): Resampling => {
      if (!type.startsWith('Attn')) return type.startsWith('Resnet') ? 'residual' : 'conv'
      return settings[`${way}sample_type`] === 'resnet' ? 'residual' : 'conv'
    })
  // Blocks that do not resample are checked too.
  for (const way of ['down', 'up'] as const)
    for (const type of settings[`${way}_block_types`])
      if (!blockTypes[way].includes(type))
        throw wrong(settings, `${way}_block_types`, `blocks among ${blockTypes[way].join(', ')}`)
  const [down, up] = [kinds('down'), kinds('up')]
  const all = new Set([...down, ...up])
  return all.size > 1 ? { down, up } : ([...all][0] ?? 'conv')
}

const blockTypes = {
  down: ['DownBlock2D', 'AttnDownBlock2D', 'ResnetDownsampleBlock2D'],
  up: ['UpBlock2D', 'AttnUpBlock2D', 'ResnetUpsampleBlock2D'],
}

const wrong = (settings: DiffusersConfig, name: string, expected: string) =>
  new CascadeError(
    'input',
    `fromDiffusersConfig: ${name}: expected ${expected}, got ${JSON.stringify(settings[name as keyof DiffusersConfig])}`,
  )
