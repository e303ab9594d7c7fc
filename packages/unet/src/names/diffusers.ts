import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { CompleteUNetConfig, UNetConfig } from '../config/config.ts'
import { type NetworkPlan, planOf, type ResidualStep } from '../plan.ts'
import { unet } from '../unet.ts'
import { expectFamily } from './family.ts'
import type { Piece } from './layout.ts'
import { type LayerNames, outputsOf, theirName } from './openai.ts'
import { fromPieces, type Shapes, toPieces } from './state-dict.ts'

/** What a state dict of diffusers leaves open. */
export interface DiffusersOptions {
  /**
   * Whether the cosines come first in the embedding of time, as in our networks: `flip_sin_to_cos` of `config.json`.
   * Default true.
   */
  flipSinToCos?: boolean
}

/**
 * Weights of a `UNet2DModel` of diffusers under our names and in our layouts. Attention may have the old names
 * (`query`) or the new ones (`to_q`).
 * @param stateDict arrays by PyTorch name, as in `diffusion_pytorch_model.safetensors`.
 * @param config the same network. {@link fromDiffusersConfig} makes it and `options` from `config.json`.
 * @throws if names are missing or unexpected, a shape differs, or a `UNet2DModel` cannot have this `config`.
 */
export function fromDiffusers(
  stateDict: Params<NDArray>,
  config: UNetConfig,
  options: DiffusersOptions = {},
): Params<NDArray<'float32'>> {
  const { pieces, shapes } = diffusers('fromDiffusers', config, options)
  return fromPieces('fromDiffusers', pieces, shapes, stateDict)
}

/**
 * The state dict of a `UNet2DModel` for our weights, with the new names of attention: the inverse of
 * {@link fromDiffusers}.
 * @throws as that does.
 */
export function toDiffusers(
  params: Params<NDArray>,
  config: UNetConfig,
  options: DiffusersOptions = {},
): Record<string, NDArray<'float32'>> {
  const { pieces, shapes } = diffusers('toDiffusers', config, options)
  return toPieces('toDiffusers', pieces, shapes, params)
}

function diffusers(name: string, given: UNetConfig, { flipSinToCos = true }: DiffusersOptions) {
  const { config, parameterShapes: shapes } = unet(given)
  expectUNet2D(name, config)
  const plan = planOf(config)
  return { shapes, pieces: piecesOf(shapes, plan, flipSinToCos) }
}

/** @throws if no `UNet2DModel` can be this network. */
export function expectUNet2D(name: string, config: CompleteUNetConfig): void {
  const shift = config.noiseEmbedding.name === 'timestep' && config.noiseEmbedding.frequencyShift
  expectFamily(name, "diffusers' UNet2DModel", config, {
    patchSize: 1,
    firstChannels: config.baseChannels,
    augmentationLevels: false,
    residualScale: 1,
    noiseEmbedding: { name: 'timestep', frequencyShift: shift || 0 },
    ...(!config.scaleShiftNorm && { middleAttentionNorm: true }),
  })
  if (config.channelMultipliers[0] !== 1)
    throw new CascadeError(
      'input',
      `${name}: networks of diffusers' UNet2DModel have baseChannels at their first level: ` +
        `expected a first multiplier of 1, got ${config.channelMultipliers[0]}`,
    )
}

function piecesOf(shapes: Shapes, plan: NetworkPlan, flipSinToCos: boolean): Piece[] {
  const layers = layersOf(plan)
  const attentions = new Map(
    [...plan.down, ...plan.middle, ...plan.up].flatMap((step) =>
      step.kind === 'residual' && step.attention ? [[`${step.name}.attention.qkv`, step.attention.heads]] : [],
    ),
  )
  return Object.entries(shapes).flatMap(([ours, shape]): Piece[] => {
    const theirs = theirName(ours, layers)
    const heads = attentions.get(ours.slice(0, ours.lastIndexOf('.')))
    if (heads) {
      const channels = shape[shape.length - 1]! / 3
      return ['q', 'k', 'v'].map((letter, part) => ({
        theirs: theirs.replace('.to_qkv.', `.to_${letter}.`),
        alias: theirs.replace('.to_qkv.', `.${['query', 'key', 'value'][part]}.`),
        ours,
        outputs: outputsOf(channels, heads, part),
      }))
    }
    if (theirs.includes('.to_out.0.')) return [{ theirs, alias: theirs.replace('.to_out.0.', '.proj_attn.'), ours }]
    if (ours !== 'time.0.kernel' || flipSinToCos) return [{ theirs, ours }]
    const width = shape[0]!
    return [{ theirs, ours, inputs: Array.from({ length: width }, (_, i) => (i + width / 2) % width) }]
  })
}

/** The name in diffusers of each of our layers; the three layers of `qkv` end in q, k and v. */
function layersOf({ down, middle, up }: NetworkPlan): LayerNames {
  const names: LayerNames = {
    'time.0': 'time_embedding.linear_1',
    'time.1': 'time_embedding.linear_2',
    label: 'class_embedding',
    input: 'conv_in',
    'output.norm': 'conv_norm_out',
    'output.conv': 'conv_out',
  }
  const deepest = Math.max(...down.map(({ name }) => Number(name.split('.')[1])))
  for (const step of [...down, ...up]) {
    const [way, level, place] = step.name.split('.') as [string, string, string]
    const block = way === 'down' ? `down_blocks.${level}` : `up_blocks.${deepest - Number(level)}`
    const resampler = `${block}.${way}samplers.0`
    if (step.kind !== 'residual') names[step.name] = `${resampler}.conv`
    else if (step.resample) Object.assign(names, residualLayers(step, resampler))
    else Object.assign(names, residualLayers(step, `${block}.resnets.${place}`, `${block}.attentions.${place}`))
  }
  for (const [i, step] of middle.entries())
    Object.assign(names, residualLayers(step, `mid_block.resnets.${i}`, `mid_block.attentions.${i}`))
  return names
}

const residualLayers = ({ name }: ResidualStep, block: string, attention = ''): LayerNames => ({
  [`${name}.norm1`]: `${block}.norm1`,
  [`${name}.conv1`]: `${block}.conv1`,
  [`${name}.embedding`]: `${block}.time_emb_proj`,
  [`${name}.norm2`]: `${block}.norm2`,
  [`${name}.conv2`]: `${block}.conv2`,
  [`${name}.skip`]: `${block}.conv_shortcut`,
  [`${name}.attention.norm`]: `${attention}.group_norm`,
  [`${name}.attention.qkv`]: `${attention}.to_qkv`,
  [`${name}.attention.out`]: `${attention}.to_out.0`,
})
