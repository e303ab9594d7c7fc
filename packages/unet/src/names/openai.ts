import type { NetworkPlan, ResidualStep, Step } from '../plan.ts'
import type { Piece } from './layout.ts'
import type { Shapes } from './state-dict.ts'

/**
 * The order of the 3C channels of a `qkv` layer. `legacy`: by head, then query, key and value, then channel within the head, as
 * in improved-diffusion and in this package. `new`: by query, key and value, then head (`use_new_attention_order`).
 */
export type AttentionOrder = 'legacy' | 'new'

/** Both orders. */
export const attentionOrders: readonly AttentionOrder[] = ['legacy', 'new']

/** PyTorch's names of our layers. */
export type LayerNames = Record<string, string>

/** Layers of a network of improved- or guided-diffusion. */
export function openAILayers(plan: NetworkPlan): LayerNames {
  const names: LayerNames = {
    'time.0': 'time_embed.0',
    'time.1': 'time_embed.2',
    label: 'label_emb',
    input: 'input_blocks.0.0',
    ...downLayers(plan),
    'output.norm': 'out.0',
    'output.conv': 'out.2',
  }
  // A change of the resolution is the last layer of the block before.
  let block = -1
  let within = 0
  for (const step of plan.up)
    if (step.kind === 'residual' && !step.resample) {
      block++
      Object.assign(names, residualLayers(step, `output_blocks.${block}`, 0))
      within = step.attention ? 2 : 1
    } else if (step.kind === 'residual') Object.assign(names, residualLayers(step, `output_blocks.${block}`, within))
    else names[step.name] = `output_blocks.${block}.${within}.conv`
  return names
}

/** The way down and the middle, which classifiers have too. */
export function downLayers({ down, middle }: { down: readonly Step[]; middle: readonly ResidualStep[] }): LayerNames {
  const names: LayerNames = {}
  for (const [i, step] of down.entries()) {
    const block = `input_blocks.${i + 1}`
    if (step.kind === 'residual') Object.assign(names, residualLayers(step, block, 0))
    else names[step.name] = `${block}.0.op`
  }
  for (const [i, step] of middle.entries()) Object.assign(names, residualLayers(step, 'middle_block', 2 * i))
  return names
}

/** A residual block at place `i` of a sequence, and its attention at the next place. */
function residualLayers({ name }: ResidualStep, sequence: string, i: number): LayerNames {
  const [block, attention] = [`${sequence}.${i}`, `${sequence}.${i + 1}`]
  return {
    [`${name}.norm1`]: `${block}.in_layers.0`,
    [`${name}.conv1`]: `${block}.in_layers.2`,
    [`${name}.embedding`]: `${block}.emb_layers.1`,
    [`${name}.norm2`]: `${block}.out_layers.0`,
    [`${name}.conv2`]: `${block}.out_layers.3`,
    [`${name}.skip`]: `${block}.skip_connection`,
    [`${name}.attention.norm`]: `${attention}.norm`,
    [`${name}.attention.qkv`]: `${attention}.qkv`,
    [`${name}.attention.out`]: `${attention}.proj_out`,
  }
}

/** The tensors of the state dict. @param steps of the network; they give the heads of each attention. */
export function openAIPieces(
  shapes: Shapes,
  layers: LayerNames,
  steps: readonly Step[],
  order: AttentionOrder,
): Piece[] {
  const headsOf = new Map(
    steps.flatMap((step) => (step.kind === 'residual' && step.attention ? [[step.name, step.attention.heads]] : [])),
  )
  return Object.entries(shapes).map(([ours, shape]) => {
    const piece: Piece = { theirs: theirName(ours, layers), ours }
    const [, block, layer] = /^(.*)\.attention\.(qkv|out)\./.exec(ours) ?? []
    if (ours.endsWith('.kernel') && layer) piece.ones = 1
    if (layer === 'qkv' && order === 'new')
      piece.outputs = [0, 1, 2].flatMap((part) => outputsOf(shape[shape.length - 1]! / 3, headsOf.get(block!)!, part))
    return piece
  })
}

/** PyTorch's name of one of our parameters. */
export function theirName(ours: string, layers: LayerNames): string {
  const dot = ours.lastIndexOf('.')
  const leaf = ours.slice(dot + 1)
  return `${layers[ours.slice(0, dot)]}.${leaf === 'bias' || leaf === 'shift' ? 'bias' : 'weight'}`
}

/**
 * The outputs of our `qkv` that are queries (part 0), keys (1) or values (2), by head, then channel within the head.
 */
export function outputsOf(channels: number, heads: number, part: number): number[] {
  const width = channels / heads
  return Array.from({ length: channels }, (_, i) => Math.floor(i / width) * 3 * width + part * width + (i % width))
}
