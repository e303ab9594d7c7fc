import { sizeOf } from '@cascade-diffusion/arrays'
import { type CompleteUNetConfig, imageSize, type UNetConfig } from '../config/config.ts'
import { completeEncoderConfig, type EncoderConfig } from '../encoder/config.ts'
import { encoder } from '../encoder/encoder.ts'
import { type NetworkPlan, planOf, type Step } from '../plan.ts'
import { unet } from '../unet.ts'

/** A layer of a network. */
export interface LayerSummary {
  /** Its name among the parameters: `down.0.1.conv1`. */
  name: string
  kind: 'convolution' | 'linear' | 'normalisation' | 'attention' | 'embedding' | 'positions' | 'resampling'
  /** The shape of its output for one image, without the axis of images. */
  shape: readonly number[]
  /** The number of its weights. */
  parameters: number
  /**
   * Products of two numbers that are added up, for one image; a multiply-add is two floating-point operations. Counts
   * convolutions, linear layers and attention, which are nearly all of the work.
   */
  multiplyAdds: number
}

/** A network in figures. */
export interface NetworkSummary {
  layers: LayerSummary[]
  /** The sum over all layers. */
  parameters: number
  /** The sum over all layers, for one image. */
  multiplyAdds: number
}

/**
 * The layers of a U-Net or an encoder in the order of computation, with their parameters and multiply-adds. Resizing,
 * element-wise operations and sums are not counted.
 * @throws if the configuration does not fit together.
 */
export function summary(config: UNetConfig | EncoderConfig): NetworkSummary {
  const isEncoder = typeof config === 'object' && config !== null && 'classes' in config
  const layers = isEncoder ? encoderLayers(config) : unetLayers(config)
  const total = (field: 'parameters' | 'multiplyAdds') => layers.reduce((sum, layer) => sum + layer[field], 0)
  return { layers, parameters: total('parameters'), multiplyAdds: total('multiplyAdds') }
}

function unetLayers(given: UNetConfig): LayerSummary[] {
  const { config, parameterShapes } = unet(given)
  const plan = planOf(config)
  const size = patches(config)
  const walk = layerWalk(parameterShapes)
  const deepest = walk.contraction(plan, size)
  const last = plan.up.reduce((at, step) => walk.step(step, at), deepest)
  walk.prefixed('output', () => last)
  return walk.layers
}

function encoderLayers(given: EncoderConfig): LayerSummary[] {
  const { config, whole } = completeEncoderConfig(given)
  const plan = planOf(whole)
  const walk = layerWalk(encoder(given).parameterShapes)
  const [high, wide] = walk.contraction(plan, patches(whole))
  const spatial = config.pool === 'spatial' || config.pool === 'spatial_v2'
  const tokens = [high * wide + 1]
  const places = { norm: spatial ? [] : [high, wide], positions: tokens, qkv: tokens, hidden: [], out: [] }
  walk.prefixed('pool', (leaf) => places[leaf as keyof typeof places], {
    // Only the mean is a query.
    after: 'qkv',
    layer: { shape: [plan.middle[1].to], multiplyAdds: 2 * tokens[0]! * plan.middle[1].to },
  })
  return walk.layers
}

/** Height and width at which the network works. */
function patches(config: CompleteUNetConfig): readonly [number, number] {
  const [height, width] = imageSize(config)
  return [height / config.patchSize, width / config.patchSize]
}

/** Height and width at a step. */
type Size = readonly [number, number]

/** Collects layers on a walk through the network. */
function layerWalk(parameterShapes: Readonly<Record<string, readonly number[]>>) {
  const layers: LayerSummary[] = []
  const shapesOf = new Map<string, Record<string, readonly number[]>>()
  for (const [name, shape] of Object.entries(parameterShapes)) {
    const dot = name.lastIndexOf('.')
    const layer = name.slice(0, dot)
    shapesOf.set(layer, { ...shapesOf.get(layer), [name.slice(dot + 1)]: shape })
  }
  const names = [...shapesOf.keys()]

  /** All layers with that name or below it, each with the lengths of the axes over which it repeats. */
  function prefixed(
    prefix: string,
    places: (leaf: string) => readonly number[],
    attention?: { after: string; layer: Pick<LayerSummary, 'shape' | 'multiplyAdds'> },
  ): void {
    for (const name of names) {
      if (name !== prefix && !name.startsWith(`${prefix}.`)) continue
      const leaf = name.slice(prefix.length + 1)
      layers.push(layerOf(name, shapesOf.get(name)!, places(leaf)))
      if (attention && leaf === attention.after)
        layers.push({ name: name.slice(0, -'.qkv'.length), kind: 'attention', parameters: 0, ...attention.layer })
    }
  }

  /** @returns the size after the step. */
  function step(of: Step, size: Size): Size {
    const [high, wide] = size
    const factor = factorOf(of)
    const after: Size = [high * factor, wide * factor]
    if (of.kind !== 'residual') {
      if (of.conv) prefixed(of.name, () => after)
      else
        layers.push({
          name: of.name,
          kind: 'resampling',
          shape: [...after, of.channels],
          parameters: 0,
          multiplyAdds: 0,
        })
      return after
    }
    const pixels = after[0] * after[1]
    const places = (leaf: string) => (leaf === 'embedding' ? [] : leaf === 'norm1' ? size : after)
    const multiplyAdds = 2 * pixels ** 2 * of.to
    prefixed(of.name, places, { after: 'attention.qkv', layer: { shape: [...after, of.to], multiplyAdds } })
    return after
  }

  /** The embeddings, the first convolution, the way down and the middle. @returns the size in the middle. */
  function contraction(plan: NetworkPlan, size: Size): Size {
    for (const name of ['time', 'augmentation', 'label']) prefixed(name, () => [])
    prefixed('input', () => size)
    return [...plan.down, ...plan.middle].reduce((at, of) => step(of, at), size)
  }

  return { layers, prefixed, step, contraction }
}

function factorOf(step: Step): number {
  const way = step.kind === 'residual' ? step.resample : step.kind === 'downsample' ? 'down' : 'up'
  return way === undefined ? 1 : way === 'down' ? 0.5 : 2
}

/** A layer by the shapes of its parameters, repeated over `places`. */
function layerOf(
  name: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  places: readonly number[],
): LayerSummary {
  const parameters = Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0)
  const shape = [...places, Object.values(shapes)[0]!.at(-1)!]
  const row = { name, shape, parameters, multiplyAdds: 0 }
  if (shapes.scale) return { ...row, kind: 'normalisation' }
  if (shapes.embedding) return { ...row, kind: 'embedding' }
  if (!shapes.bias) return { ...row, kind: 'positions' }
  const kernel = shapes.kernel as readonly number[]
  const kind = kernel.length === 4 ? 'convolution' : 'linear'
  return { ...row, kind, multiplyAdds: sizeOf(places) * sizeOf(kernel) }
}
