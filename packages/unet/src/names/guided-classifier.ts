import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { completeEncoderConfig, type EncoderConfig } from '../encoder/config.ts'
import { encoder } from '../encoder/encoder.ts'
import { type PoolPlan, poolPlan } from '../encoder/pool.ts'
import { planOf } from '../plan.ts'
import { expectFamily, openAIFamily } from './family.ts'
import { attentionOrderOf, type GuidedDiffusionOptions } from './guided-diffusion.ts'
import type { Piece } from './layout.ts'
import { downLayers, type LayerNames, openAIPieces, outputsOf } from './openai.ts'
import { fromPieces, type Shapes, toPieces } from './state-dict.ts'

/**
 * Weights of an `EncoderUNetModel` of openai/guided-diffusion, such as its classifiers of noisy images: the state dict
 * of its PyTorch checkpoint under our names and in our layouts.
 * @param stateDict arrays by PyTorch name.
 * @param config the same network. {@link guidedClassifierConfig} makes it from flags.
 * @throws if names are missing or unexpected, a shape differs, or that family cannot have this `config`.
 */
export function fromGuidedClassifier(
  stateDict: Params<NDArray>,
  config: EncoderConfig,
  options: GuidedDiffusionOptions = {},
): Params<NDArray<'float32'>> {
  const { pieces, shapes } = guidedClassifier('fromGuidedClassifier', config, options)
  return fromPieces('fromGuidedClassifier', pieces, shapes, stateDict)
}

/**
 * The state dict of guided-diffusion for our weights: the inverse of {@link fromGuidedClassifier}.
 * @throws as that does.
 */
export function toGuidedClassifier(
  params: Params<NDArray>,
  config: EncoderConfig,
  options: GuidedDiffusionOptions = {},
): Record<string, NDArray<'float32'>> {
  const { pieces, shapes } = guidedClassifier('toGuidedClassifier', config, options)
  return toPieces('toGuidedClassifier', pieces, shapes, params)
}

function guidedClassifier(name: string, given: EncoderConfig, options: GuidedDiffusionOptions) {
  const attentionOrder = attentionOrderOf(name, options)
  const { parameterShapes: shapes } = encoder(given)
  const { config, whole } = completeEncoderConfig(given)
  expectFamily(name, 'guided-diffusion', whole, openAIFamily(whole))
  const plan = planOf(whole)
  const layers: LayerNames = {
    'time.0': 'time_embed.0',
    'time.1': 'time_embed.2',
    input: 'input_blocks.0.0',
    ...downLayers(plan),
    ...poolLayers(config),
  }
  const steps = [...plan.down, ...plan.middle]
  const pieces = openAIPieces(shapes, layers, steps, attentionOrder)
  return { shapes, pieces: poolPieces(pieces, shapes, poolPlan(config, whole, plan)) }
}

/** The layers of the pool, a sequence `out`. */
function poolLayers({ pool }: Pick<EncoderConfig, 'pool'>): LayerNames {
  switch (pool) {
    case 'adaptive':
      return { 'pool.norm': 'out.0', 'pool.out': 'out.3' }
    case 'spatial':
      return { 'pool.hidden': 'out.0', 'pool.out': 'out.2' }
    case 'spatial_v2':
      return { 'pool.hidden': 'out.0', 'pool.norm': 'out.1', 'pool.out': 'out.3' }
    default:
      return {
        'pool.norm': 'out.0',
        'pool.positions': 'out.2.positional_embedding',
        'pool.qkv': 'out.2.qkv_proj',
        'pool.out': 'out.2.c_proj',
      }
  }
}

/**
 * The layers of the pool are convolutions of size 1. Its attention always has the new order, and its positions are not
 * called `weight`.
 */
function poolPieces(pieces: readonly Piece[], shapes: Shapes, { pool, heads }: PoolPlan): Piece[] {
  return pieces.map((piece) => {
    if (piece.ours === 'pool.positions.kernel') return { ...piece, theirs: 'out.2.positional_embedding' }
    const isKernel = piece.ours.endsWith('.kernel')
    if (piece.ours === 'pool.out.kernel' && pool === 'adaptive') return { ...piece, ones: 2 }
    if (pool !== 'attention' || !/^pool\.(qkv|out)\./.test(piece.ours)) return piece
    const convolution = isKernel ? { ...piece, ones: 1 } : piece
    if (!piece.ours.startsWith('pool.qkv')) return convolution
    const channels = shapes[piece.ours]!.at(-1)! / 3
    return { ...convolution, outputs: [0, 1, 2].flatMap((part) => outputsOf(channels, heads, part)) }
  })
}
