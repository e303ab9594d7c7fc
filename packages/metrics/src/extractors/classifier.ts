import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, shownSize } from '@cascade-diffusion/data'
import { groupNorm, silu } from '@cascade-diffusion/ops'
import type { Rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'

/** What a classifier looks like. */
export interface ClassifierConfig {
  /** The size of the images: the side of a square, or [height, width]. Both sides are at least 4. */
  resolution: number | ImageSize
  /** Channels of the images, 1 to 4. */
  imageChannels: number
  numClasses: number
  /** Channels of the first convolution, a multiple of 8; the others have twice and four times as many. Default 16. */
  width?: number
  /** Length of the feature vectors. Default 64. */
  featureSize?: number
}

const configKeys: KnownKeys<ClassifierConfig> = {
  resolution: true,
  imageChannels: true,
  numClasses: true,
  width: true,
  featureSize: true,
}

/** Weights by name: tensors inside a network, host arrays outside. */
export type ClassifierParams<T = tf.Tensor> = Readonly<Record<string, T>>

/** Labelled images: `image` [N, H, W, C] float32 in [-1, 1], `label` [N] int32. */
export interface LabelledImages {
  readonly image: tf.Tensor4D
  readonly label: tf.Tensor1D
}

/** A small image classifier as pure functions of tensors: train `loss`, evaluate images by `features` and `logits`. */
export interface Classifier {
  readonly config: Required<ClassifierConfig>
  /** The shape of each weight. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>
  /** Fresh weights; a pure function of the key. */
  init(rng: Rng): ClassifierParams<NDArray<'float32'>>
  /** The layer before the last, for the Fréchet distance: x [N, H, W, C] in [-1, 1] to [N, featureSize]. */
  features(params: ClassifierParams, x: tf.Tensor4D): tf.Tensor2D
  /** Unnormalised log-probabilities of the classes: x as in `features`, to [N, numClasses]. */
  logits(params: ClassifierParams, x: tf.Tensor4D): tf.Tensor2D
  /** Both at once: the features are computed once. */
  extract(params: ClassifierParams, x: tf.Tensor4D): { readonly features: tf.Tensor2D; readonly logits: tf.Tensor2D }
  /** The mean cross-entropy, in nats. */
  loss(params: ClassifierParams, batch: LabelledImages): tf.Scalar
}

const channelsPerGroup = 8

/**
 * A small convolutional network: a stem that brings multiples of 16 to 16×16, and other sides to less than 32; two 3×3
 * convolutions each followed by 2×2 mean pooling, and a feature layer; group normalisation and SiLU after each convolution, so there is no running state.
 * With the defaults and 32×32 grey images: 2.5 million multiply-adds an image and 90 thousand weights.
 * 1,000 steps of Adam on batches of 128 with a learning rate of 4e-3 falling to 0 along a cosine, and images moved by the transform
 * `randomShift` of `data`, give 99 % on MNIST's test set.
 * @throws if an option is missing, unknown or not as described.
 */
export function classifier(config: ClassifierConfig): Classifier {
  checkOptions('classifier', config, configKeys)
  const full = { width: 16, featureSize: 64, ...config }
  const { imageChannels, numClasses, width, featureSize } = full
  const size = imageSize('classifier', full.resolution)
  for (const [what, value] of Object.entries({ imageChannels, numClasses, featureSize }))
    checkInteger('classifier', what, value, { from: 1 })
  if (size.some((side) => side < 4))
    throw new CascadeError('input', `classifier: expected a resolution of at least 4×4, got ${shownSize(size)}`)
  if (!(Number.isInteger(width / channelsPerGroup) && width > 0))
    throw new CascadeError(
      'input',
      `classifier: expected a width that is a multiple of ${channelsPerGroup}, got ${width}`,
    )

  const strides: [number, number] = [strideOf(size[0]), strideOf(size[1])]
  const pooled = size.map((side) => Math.floor(Math.ceil(side / strideOf(side)) / 4)) as [number, number]
  const shapes: Record<string, readonly number[]> = {
    'stem.weight': [...strides.map((stride) => Math.max(3, 2 * stride - 1)), imageChannels, width],
    'conv1.weight': [3, 3, width, 2 * width],
    'conv2.weight': [3, 3, 2 * width, 4 * width],
    'features.weight': [pooled[0] * pooled[1] * 4 * width, featureSize],
    'logits.weight': [featureSize, numClasses],
  }

  const convolution = (params: ClassifierParams, name: string, x: tf.Tensor4D, strides: number | [number, number]) => {
    const y = tf.conv2d(x, params[`${name}.weight`] as tf.Tensor4D, strides, 'same')
    const groups = y.shape[3] / channelsPerGroup
    return silu(groupNorm(y, params[`${name}.scale`]!, params[`${name}.shift`]!, { groups }))
  }
  const dense = (params: ClassifierParams, name: string, x: tf.Tensor2D) =>
    tf.add(tf.matMul(x, params[`${name}.weight`] as tf.Tensor2D), params[`${name}.shift`]!) as tf.Tensor2D

  const features = (params: ClassifierParams, x: tf.Tensor4D): tf.Tensor2D => {
    const expected = [...size, imageChannels]
    if (`${x.shape.slice(1)}` !== `${expected}`)
      throw new CascadeError('input', `classifier: expected images of shape [N,${expected}], got [${x.shape}]`)
    const h0 = convolution(params, 'stem', x, strides)
    const h1 = tf.avgPool(convolution(params, 'conv1', h0, 1), 2, 2, 'valid')
    const h2 = tf.avgPool(convolution(params, 'conv2', h1, 1), 2, 2, 'valid')
    return silu(dense(params, 'features', tf.reshape(h2, [x.shape[0], -1])))
  }
  const extract = (params: ClassifierParams, x: tf.Tensor4D) => {
    const vectors = features(params, x)
    return { features: vectors, logits: dense(params, 'logits', vectors) }
  }
  const logits = (params: ClassifierParams, x: tf.Tensor4D) => extract(params, x).logits

  return {
    config: full,
    parameterShapes: Object.fromEntries(Object.entries(shapes).flatMap(([key, shape]) => withNorm(key, shape))),
    init: (rng) => {
      const params: Record<string, NDArray<'float32'>> = {}
      for (const [key, shape] of Object.entries(shapes))
        for (const [name, own] of withNorm(key, shape))
          params[name] =
            name === key ? heNormal(shape, rng.fold(layerOf(key))) : filled(own, name.endsWith('.scale') ? 1 : 0)
      return params
    },
    features,
    logits,
    extract,
    loss: (params, { image, label }) => {
      const logProbabilities = tf.logSoftmax(logits(params, image))
      // tfjs has no one-hot vectors of length 1; a single class is certain.
      if (numClasses === 1) return tf.neg(tf.mean(logProbabilities)) as tf.Scalar
      const ofLabel = tf.sum(tf.mul(logProbabilities, tf.oneHot(label, numClasses, 1, 0, 'float32')), 1)
      return tf.neg(tf.mean(ofLabel)) as tf.Scalar
    },
  }
}

/** How far apart the stem looks at a side. */
const strideOf = (side: number): number => Math.max(1, Math.floor(side / 16))

const layerOf = (key: string): string => key.replace('.weight', '')

/** A weight with what goes with it: convolutions are normalised and scaled, and everything is shifted. */
function withNorm(key: string, shape: readonly number[]): [name: string, shape: readonly number[]][] {
  const outputs = [shape[shape.length - 1]!]
  return [
    [key, shape],
    ...(shape.length === 4 ? ([[`${layerOf(key)}.scale`, outputs]] as [string, number[]][]) : []),
    [`${layerOf(key)}.shift`, outputs],
  ]
}

/** He et al. 2015: normal with variance 2 / inputs, the last axis being the outputs. */
function heNormal(shape: readonly number[], rng: Rng): NDArray<'float32'> {
  const inputs = sizeOf(shape.slice(0, -1))
  const draws = rng.normal(shape)
  return { ...draws, data: draws.data.map((z) => z * Math.sqrt(2 / inputs)) }
}

const filled = (shape: readonly number[], value: number): NDArray<'float32'> => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
})
