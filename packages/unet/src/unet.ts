import type { Params } from '@cascade-diffusion/arrays'
import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { parseConfig } from '@cascade-diffusion/checks'
import { depthToSpace, resizeBicubic, resizeBilinear, silu, spaceToDepth } from '@cascade-diffusion/ops'
import type { Rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { recomputedBlock, resample, residualBlock } from './blocks/blocks.ts'
import { conv, norm } from './blocks/layers.ts'
import { checkInputs, checkParams, type UNetCondition } from './condition.ts'
import { completeConfig } from './config/complete-config.ts'
import type { CompleteUNetConfig, ImageSides, UNetConfig } from './config/config.ts'
import { resizedConfig } from './config/resized-config.ts'
import { unetSchema } from './config/unet-schema.ts'
import { blockCondition, contract, type NetworkCall } from './contract.ts'
import { initialParams } from './init.ts'
import { parameterSpecs } from './parameters.ts'
import { planOf } from './plan.ts'

/** How a network is computed. The values are the same. */
export interface UNetOptions {
  /**
   * Whether gradients compute the insides of residual blocks again instead of keeping them. A training step then needs
   * less memory and about a third more time. Default false.
   */
  recompute?: boolean
}

/** A network as a function of its weights. */
export interface UNet {
  /** The configuration with its defaults filled in. */
  readonly config: CompleteUNetConfig
  /** The shape of each weight, in the order in which the network uses them. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>
  /**
   * Initial weights, distributed as in PyTorch: kernels and biases uniform within ±1/√fanIn, class embeddings standard
   * normal. The last layer of each residual branch, of each attention and of the network is zero, so the first output
   * is zero. A weight depends on `rng` and its own name only.
   */
  init(rng: Rng): Params<NDArray<'float32'>>
  /**
   * The raw output [N, H, W, outChannels] for the noisy images `xt` [N, H, W, imageChannels] at the times or noise
   * levels `noise` [N].
   * @param params tensors; {@link closeOver} takes host arrays.
   * @param condition may be absent if the network has none.
   * @throws if an input is not a tensor, its type or shape does not fit the configuration, a condition or weight is
   * missing, or a condition is unexpected. A label that is neither a class nor -1 is an error when it is looked up.
   */
  apply(params: Params<tf.Tensor>, xt: tf.Tensor4D, noise: tf.Tensor1D, condition?: UNetCondition): tf.Tensor4D
  /**
   * The same network, with the same weights, for images of another size: the same levels attend. It was not trained for
   * that size. Larger images have more pixels to attend to, and normalisation averages over all of them; details remain
   * the size in pixels that they were trained at.
   * @param size [height, width].
   * @throws unless both sides are multiples of `patchSize` and halve evenly once for each level after the first.
   */
  resized(size: ImageSides): UNet
}

/**
 * The U-Net of DDPM (Ho et al. 2020), Improved DDPM (Nichol & Dhariwal 2021), ADM (Dhariwal & Nichol 2021) and SR3
 * (Saharia et al. 2021): residual blocks with group normalisation and SiLU, and self-attention at chosen resolutions. A
 * sinusoidal embedding conditions the blocks on the time or the noise level, and optionally on a class. A
 * super-resolution network takes a low-resolution image as further input channels, and may be conditioned on the level
 * of its augmentation (Ho et al. 2021, Section 4) by an embedding like that of the time.
 * @throws CascadeError 'input' that lists everything that is wrong with the configuration, or if it does not fit together.
 */
export function unet(config: UNetConfig, options: UNetOptions = {}): UNet {
  const { recompute = false } = options
  parseConfig('unet', unetSchema, config)
  const complete = completeConfig(config)
  const plan = planOf(complete)
  const specs = Object.entries(parameterSpecs(complete, plan))
  const parameterShapes = Object.fromEntries(specs.map(([name, { shape }]) => [name, shape]))
  return {
    config: complete,
    parameterShapes,
    init: (rng) => initialParams(specs, rng),
    apply(params, xt, noise, condition = {}) {
      checkInputs(complete, xt, noise, condition)
      checkParams(parameterShapes, params)
      const call = { params, config: complete, plan, block: recompute ? recomputedBlock : residualBlock }
      return forward(call, xt, noise, condition)
    },
    resized: (size) => unet(resizedConfig(complete, size), options),
  }
}

/** The number of weights of a network. @throws as {@link unet}. */
export const parameterCount = (config: UNetConfig): number =>
  Object.values(unet(config).parameterShapes).reduce((count, shape) => count + sizeOf(shape), 0)

function forward(call: NetworkCall, xt: tf.Tensor4D, noise: tf.Tensor1D, condition: UNetCondition): tf.Tensor4D {
  const { params, config, plan, block } = call
  const input = withLowRes(xt, condition.lowRes, config)
  const patches = config.patchSize === 1 ? input : spaceToDepth(input, config.patchSize)
  const ofBlocks = blockCondition(call, noise, condition)
  const { middle, skips } = contract(call, patches, ofBlocks)
  let h = middle
  for (const step of plan.up) {
    if (step.kind !== 'residual') h = resample(params, config, step, h)
    else h = block(params, config, step, step.resample ? h : tf.concat([h, skips.pop()!], 3), ofBlocks)
  }
  const output = conv(params, 'output.conv', silu(norm(params, 'output.norm', h, config)))
  return config.patchSize === 1 ? output : depthToSpace(output, config.patchSize)
}

/** Concatenates the low-resolution image to `xt`, resized to its size. */
function withLowRes(xt: tf.Tensor4D, lowRes: tf.Tensor4D | undefined, config: CompleteUNetConfig): tf.Tensor4D {
  if (!lowRes) return xt
  const size = [xt.shape[1], xt.shape[2]] as const
  const fits = lowRes.shape[1] === size[0] && lowRes.shape[2] === size[1]
  const resize = config.lowRes?.resize === 'bicubic' ? resizeBicubic : resizeBilinear
  return tf.concat([xt, fits ? lowRes : resize(lowRes, size)], 3)
}
