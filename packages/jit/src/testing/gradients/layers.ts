import { attention, groupNorm } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { at, type GradientExample, type GradientExamples, range } from './example.ts'

type Pad = 'same' | 'valid' | number | [number, number][]

const image = [1, 5, 6, 2]
const volume = [1, 3, 4, 4, 2]

/** [top, bottom], [left, right]. */
const around: [number, number][] = [
  [0, 0],
  [1, 0],
  [2, 1],
  [0, 0],
]

/** Windows of images: strides, paddings and dilations of all kinds. */
const windows: readonly { strides: [number, number]; pad: Pad; dilations: [number, number] }[] = [
  { strides: [1, 1], pad: 'same', dilations: [1, 1] },
  { strides: [1, 1], pad: 'valid', dilations: [1, 1] },
  { strides: [2, 2], pad: 'same', dilations: [1, 1] },
  { strides: [2, 1], pad: 'valid', dilations: [1, 1] },
  { strides: [2, 2], pad: 1, dilations: [1, 1] },
  { strides: [1, 2], pad: around, dilations: [1, 1] },
  { strides: [1, 1], pad: 'same', dilations: [2, 2] },
  { strides: [1, 1], pad: 'valid', dilations: [1, 2] },
  { strides: [1, 1], pad: 2, dilations: [2, 2] },
  { strides: [1, 1], pad: around, dilations: [2, 3] },
]

/** Convolved with filters of 3×3, and of 2×3 where the padding is no number, which tfjs reckons for squares. */
const convolved = (example: (size: number[], window: (typeof windows)[number]) => GradientExample) => [
  ...windows.map((window) => example([3, 3], window)),
  ...windows.filter(({ pad }) => typeof pad !== 'number').map((window) => example([2, 3], window)),
]

const convolution = (size: number[], { strides, pad, dilations }: (typeof windows)[number]) =>
  at((x, f) => tf.conv2d(x, f, strides, pad as 'same', 'NHWC', dilations), image, range(-1, 1, ...size, 2, 2))

const depthwise = (size: number[], { strides, pad, dilations }: (typeof windows)[number]) =>
  at((x, f) => tf.depthwiseConv2d(x, f, strides, pad as 'same', 'NHWC', dilations), image, range(-1, 1, ...size, 2, 2))

const volumes = (['same', 'valid'] as const).flatMap((pad) =>
  (
    [
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [
        [1, 2, 2],
        [1, 1, 1],
      ],
      [
        [1, 1, 1],
        [1, 2, 1],
      ],
      [
        [1, 1, 1],
        [2, 1, 2],
      ],
    ] as [[number, number, number], [number, number, number]][]
  ).map(([strides, dilations]) =>
    at((x, f) => tf.conv3d(x, f, strides, pad, 'NDHWC', dilations), volume, range(-1, 1, 2, 2, 2, 2, 2)),
  ),
)

type Size = [number, number]

/** Pools of windows that are apart, overlap, and reach beyond the image. */
const pools: readonly [size: Size, strides: Size, pad: 'same' | 'valid' | number][] = [
  [[2, 2], [2, 2], 'valid'],
  [[3, 2], [1, 2], 'valid'],
  [[2, 2], [2, 2], 'same'],
  [[3, 3], [1, 1], 'same'],
  [[3, 3], [2, 2], 'same'],
  [[3, 3], [2, 2], 1],
]

const pooled = (pool: (x: tf.Tensor4D, ...settings: (typeof pools)[number]) => tf.Tensor) =>
  pools.map((settings) => at((x) => pool(x, ...settings), image))

type Size3 = [number, number, number]
const pools3d: readonly [size: Size3, strides: Size3, pad: 'same' | 'valid'][] = [
  [[2, 2, 2], [1, 2, 2], 'valid'],
  [[2, 3, 2], [1, 2, 1], 'same'],
  [[3, 3, 3], [2, 2, 2], 'same'],
]

const pooled3d = (pool: (x: tf.Tensor5D, ...settings: (typeof pools3d)[number]) => tf.Tensor) =>
  pools3d.map((settings) => at((x) => pool(x, ...settings), volume))

/** To sizes that are larger, smaller, no multiples, and one pixel; with each way to place the centres of pixels. */
const resized = (resize: typeof tf.image.resizeBilinear): GradientExample[] =>
  (
    [
      [false, false],
      [true, false],
      [false, true],
    ] as const
  ).flatMap(([corners, centres]) =>
    (
      [
        [8, 12],
        [3, 2],
        [6, 4],
        [7, 9],
        [1, 1],
        [4, 6],
      ] as Size[]
    ).map((size) => at((x) => resize(x, size, corners, centres), [1, 4, 6, 2])),
  )

const normalised = (...parameters: number[][]) =>
  at(
    (x, mean, variance, offset, scale) => tf.batchNorm(x, mean, variance, offset, scale, 1e-3),
    [1, 2, 3, 2],
    ...parameters.map((shape, i) => (i === 1 ? range(0.3, 2, ...shape) : shape)),
  )

/** The boxes of the highest scores that do not overlap. */
function largestBoxes(corners: tf.Tensor2D): tf.Tensor {
  const { selectedIndices } = tf.image.nonMaxSuppressionPadded(
    corners,
    tf.sum(corners, 1) as tf.Tensor1D,
    3,
    0.5,
    0.1,
    true,
  )
  return tf.gather(corners, selectedIndices as tf.Tensor1D)
}

/** Layers of networks, and operations on images. */
export const layerGradients: GradientExamples = {
  Conv2D: [
    ...convolved(convolution),
    convolution([1, 1], { strides: [1, 1], pad: 'same', dilations: [1, 1] }),
    at((x, f) => tf.conv2d(x, f, 2, 0, 'NHWC', 1, 'ceil'), [1, 5, 5, 2], range(-1, 1, 2, 2, 2, 2)),
    at((x, f) => tf.conv1d(x, f, 1, 'valid', 'NWC', 2), [1, 6, 2], [2, 2, 2]),
    at((x, f) => tf.conv1d(x, f, 2, 'same'), [1, 6, 2], [3, 2, 2]),
  ],
  Conv2DBackpropInput: [
    at((y, f) => tf.conv2dTranspose(y, f, [1, 6, 8, 2], 2, 'same'), [1, 3, 4, 3], range(-1, 1, 3, 3, 2, 3)),
    at((y, f) => tf.conv2dTranspose(y, f, [1, 7, 9, 2], 2, 'valid'), [1, 3, 4, 3], range(-1, 1, 3, 3, 2, 3)),
    at((y, f) => tf.conv2dTranspose(y, f, [1, 4, 5, 2], 1, 'valid'), [1, 3, 4, 3], range(-1, 1, 2, 2, 2, 3)),
    at((y, f) => tf.conv2dTranspose(y, f, [1, 5, 7, 2], 2, 1), [1, 3, 4, 3], range(-1, 1, 3, 3, 2, 3)),
  ],
  Conv3D: volumes,
  Conv3DBackpropInputV2: [
    at((y, f) => tf.conv3dTranspose(y, f, [1, 4, 4, 6, 2], 2, 'same'), [1, 2, 2, 3, 2], range(-1, 1, 2, 2, 2, 2, 2)),
    at((y, f) => tf.conv3dTranspose(y, f, [1, 3, 3, 4, 2], 1, 'valid'), [1, 2, 2, 3, 2], range(-1, 1, 2, 2, 2, 2, 2)),
  ],
  DepthwiseConv2dNative: [
    ...convolved(depthwise),
    at((x, f) => tf.depthwiseConv2d(x, f, 2, 0, 'NHWC', 1, 'ceil'), [1, 5, 5, 2], range(-1, 1, 2, 2, 2, 2)),
  ],
  Dilation2D: [
    at((x, f) => tf.dilation2d(x, f, 1, 'same', 1), image, range(-1, 1, 3, 3, 2)),
    at((x, f) => tf.dilation2d(x, f, 2, 'valid', 1), image, range(-1, 1, 2, 2, 2)),
    at((x, f) => tf.dilation2d(x, f, 1, 'same', 2), image, range(-1, 1, 2, 3, 2)),
  ],
  AvgPool: [...pooled(tf.avgPool), at((x) => tf.avgPool(x, 2, 2, 0, 'ceil'), [1, 5, 5, 2])],
  AvgPool3D: pooled3d(tf.avgPool3d),
  MaxPool: [...pooled(tf.maxPool), at((x) => tf.maxPool(x, 2, 2, 0, 'ceil'), [1, 5, 5, 2])],
  MaxPoolWithArgmax: pooled(
    (x, size, strides, pad) => tf.maxPoolWithArgmax(x, size, strides, pad).result as tf.Tensor,
  ).slice(0, 5),
  MaxPool3D: pooled3d(tf.maxPool3d),
  FusedBatchNorm: [normalised([2], [2], [2], [2]), normalised([1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 2])],
  LRN: [
    at((x) => tf.localResponseNormalization(x, 2, 1, 0.5, 0.75), [1, 2, 2, 6]),
    at((x) => tf.localResponseNormalization(x, 1, 2, 1, 0.5), [1, 2, 2, 3]),
  ],
  GroupNorm: [[4], [2, 4]].map((shape) =>
    at((x, scale, shift) => groupNorm(x, scale, shift, { groups: 2, epsilon: 1e-3 }), [2, 3, 2, 4], shape, shape),
  ),
  Attention: [at(attention, [2, 3, 2], [2, 4, 2], [2, 4, 3])],

  ResizeBilinear: resized(tf.image.resizeBilinear),
  ResizeNearestNeighbor: resized(tf.image.resizeNearestNeighbor as typeof tf.image.resizeBilinear),
  NonMaxSuppressionV4: [at(largestBoxes, range(0, 1, 5, 4))],
  FlipLeftRight: [at((x) => tf.image.flipLeftRight(x), image)],
}
