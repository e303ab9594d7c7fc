import { CascadeError } from '@cascade-diffusion/checks'
import type { ArchitectureFlags } from './architecture.ts'

/** Shapes of PyTorch's tensors by name. */
export type Shapes = Readonly<Record<string, readonly number[]>>

/** The architecture that follows from the names and shapes of an OpenAI checkpoint. */
export interface Inferred {
  readonly kind: 'unet' | 'classifier'
  readonly baseChannels: number
  readonly inChannels: number
  /** Output channels, or the number of classes of a classifier. */
  readonly outChannels: number
  readonly channelMultipliers: readonly number[]
  readonly residualBlocks: number
  /** Levels with attention after their residual blocks; level 0 is full resolution. */
  readonly attentionLevels: readonly number[]
  readonly numClasses: number | undefined
  readonly scaleShiftNorm: boolean
  readonly resampling: 'conv' | 'pool' | 'residual'
  /** How a classifier makes one vector of an image. */
  readonly pool?: 'adaptive' | 'attention' | 'spatial' | 'spatial_v2'
  /** Height and width of the lowest level, if an attention pool determines it. */
  readonly lowestSize?: number
}

/**
 * Infers the architecture of a network from its state dict.
 * @param name the name of the file in errors.
 * @param numResBlocks residual blocks of a level, in case the weights of a classifier leave them open.
 * @throws if the blocks are not those of such a network, or their levels are ambiguous.
 */
export function inferOpenAI(name: string, shapes: Shapes, numResBlocks?: number): Inferred {
  const at = (key: string): readonly number[] => {
    const shape = shapes[key]
    if (!shape)
      throw new CascadeError(
        'checkpoint',
        `${name}: expected a network of improved- or guided-diffusion, but '${key}' is missing`,
      )
    return shape
  }
  const baseChannels = at('time_embed.0.weight')[1] as number
  const [, inChannels] = at('input_blocks.0.0.weight') as [number, number]
  const isUNet = Object.keys(shapes).some((key) => key.startsWith('output_blocks.'))
  const { levels, residualBlocks, resampling } = isUNet
    ? levelsOfUNet(name, shapes)
    : levelsOfEncoder(name, shapes, numResBlocks)
  const first = (level: number) => `input_blocks.${1 + level * (residualBlocks + 1)}`
  const range = Array.from({ length: levels }, (_, level) => level)
  const channels = range.map((level) => at(`${first(level)}.0.out_layers.3.weight`)[0] as number)
  return {
    kind: isUNet ? 'unet' : 'classifier',
    baseChannels,
    inChannels,
    residualBlocks,
    resampling,
    channelMultipliers: channels.map((count) => count / baseChannels),
    attentionLevels: range.filter((level) => `${first(level)}.1.qkv.weight` in shapes),
    numClasses: shapes['label_emb.weight']?.[0],
    scaleShiftNorm: at(`${first(0)}.0.emb_layers.1.weight`)[0] === 2 * (channels[0] as number),
    ...(isUNet ? { outChannels: at('out.2.weight')[0] as number } : head(name, shapes)),
  }
}

/** The pool and the number of classes of a classifier. */
function head(name: string, shapes: Shapes): Pick<Inferred, 'outChannels' | 'pool' | 'lowestSize'> {
  const classes = (key: string) => shapes[key]?.[0]
  const positions = shapes['out.2.positional_embedding']?.[1]
  const attention = classes('out.2.c_proj.weight')
  if (positions !== undefined && attention !== undefined)
    return { pool: 'attention', outChannels: attention, lowestSize: Math.sqrt(positions - 1) }
  if (shapes['out.3.weight']?.length === 4) return { pool: 'adaptive', outChannels: classes('out.3.weight') as number }
  if (shapes['out.3.weight']) return { pool: 'spatial_v2', outChannels: classes('out.3.weight') as number }
  if (shapes['out.2.weight']) return { pool: 'spatial', outChannels: classes('out.2.weight') as number }
  throw new CascadeError(
    'checkpoint',
    `${name}: expected a classifier's last layers under the name 'out.', there are none`,
  )
}

interface Levels {
  readonly levels: number
  readonly residualBlocks: number
  readonly resampling: Inferred['resampling']
}

/** On the way up the last block of each level has the layer that doubles the resolution, unless it has no weights. */
function levelsOfUNet(name: string, shapes: Shapes): Levels {
  const blocks = 1 + lastIndex(shapes, 'output_blocks')
  const convolution = firstBlock(shapes, /^output_blocks\.(\d+)\.[12]\.conv\.weight$/)
  const residual = firstBlock(shapes, /^output_blocks\.(\d+)\.[12]\.in_layers\.0\.weight$/)
  const gap = firstGap(shapes)
  const residualBlocks = convolution ?? residual ?? (gap === undefined ? blocks - 1 : gap - 1)
  if (blocks % (residualBlocks + 1) !== 0)
    throw new CascadeError(
      'checkpoint',
      `${name}: expected levels of ${residualBlocks + 1} blocks each on the way up, got ${blocks} blocks`,
    )
  const resampling =
    residual !== undefined ? 'residual' : convolution === undefined && gap !== undefined ? 'pool' : 'conv'
  return { levels: blocks / (residualBlocks + 1), residualBlocks, resampling }
}

/**
 * A classifier has no way up. If residual blocks halve the resolution, only channels and attention separate the levels.
 */
function levelsOfEncoder(name: string, shapes: Shapes, numResBlocks: number | undefined): Levels {
  const count = 1 + lastIndex(shapes, 'input_blocks')
  const convolution = firstBlock(shapes, /^input_blocks\.(\d+)\.0\.op\.weight$/)
  const gap = firstGap(shapes)
  const boundary = convolution ?? gap
  if (boundary !== undefined)
    return {
      levels: count / boundary,
      residualBlocks: boundary - 1,
      resampling: convolution === undefined ? 'pool' : 'conv',
    }
  const possible = Array.from({ length: count - 1 }, (_, i) => i + 2)
    .filter((width) => count % width === 0 && fits(shapes, count, width))
    .map((width): Levels => ({ levels: count / width, residualBlocks: width - 1, resampling: 'residual' }))
  // A single level fits too if nothing changes. Several levels are more likely.
  const several = possible.some(({ levels }) => levels > 1) ? possible.filter(({ levels }) => levels > 1) : possible
  const likely =
    several.length === 1 ? several : several.filter((p) => p.residualBlocks === (numResBlocks ?? p.residualBlocks))
  const [found, other] = likely
  if (!found || other)
    throw new CascadeError(
      'checkpoint',
      `${name}: the weights leave the number of levels open (${several.map((p) => p.levels).join(' or ') || 'none fits'}): set the flag numResBlocks`,
    )
  return found
}

/** Whether blocks of `width` a level, the last of which halves the resolution, agree in channels and attention. */
function fits(shapes: Shapes, count: number, width: number): boolean {
  const attends = (i: number) => `input_blocks.${i}.1.qkv.weight` in shapes
  const widens = (i: number) => `input_blocks.${i}.0.skip_connection.weight` in shapes
  for (let i = 1; i < count; i++) {
    const place = i % width
    if (place === 0 && (attends(i) || widens(i))) return false
    if (place > 1 && (widens(i) || attends(i) !== attends(i - 1))) return false
  }
  return true
}

function lastIndex(shapes: Shapes, list: string): number {
  const indices = Object.keys(shapes).flatMap((key) => (key.startsWith(`${list}.`) ? [Number(key.split('.')[1])] : []))
  return Math.max(-1, ...indices)
}

/** The first block with such a parameter. */
function firstBlock(shapes: Shapes, pattern: RegExp): number | undefined {
  const found = Object.keys(shapes).flatMap((key) => pattern.exec(key)?.slice(1, 2).map(Number) ?? [])
  return found.length > 0 ? Math.min(...found) : undefined
}

/** The first block on the way down without weights: a mean of 2×2 pixels. */
function firstGap(shapes: Shapes): number | undefined {
  const there = new Set(Object.keys(shapes).map((key) => key.match(/^input_blocks\.(\d+)\./)?.[1]))
  const last = lastIndex(shapes, 'input_blocks')
  for (let i = 0; i < last; i++) if (!there.has(`${i}`)) return i
  return undefined
}

/** The flags of an architecture. */
export const architectureFlags = (found: Inferred, imageSize: number, imageChannels: number): ArchitectureFlags => ({
  numChannels: found.baseChannels,
  numResBlocks: found.residualBlocks,
  channelMult: found.channelMultipliers,
  attentionResolutions: found.attentionLevels.map((level) => imageSize / 2 ** level),
  useScaleShiftNorm: found.scaleShiftNorm,
  resblockUpdown: found.resampling === 'residual',
  ...(found.kind === 'unet'
    ? { classCond: found.numClasses !== undefined, learnSigma: found.outChannels === 2 * imageChannels }
    : { pool: found.pool }),
})
