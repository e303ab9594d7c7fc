import { call, type Examples, examples, float, int } from './example.ts'

const image = [2, 8, 8, 4]
const settings = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], dimRoundingMode: undefined }
const apart = { ...settings, strides: [2, 2] }

/**
 * Convolutions: by Winograd's method where the target has it, of one pixel, of few and of many channels, with strides.
 */
const sizes = [
  { size: [3, 3], channels: [64, 64], given: settings },
  { size: [1, 1], channels: [4, 6], given: settings },
  { size: [3, 3], channels: [4, 6], given: settings },
  { size: [3, 3], channels: [64, 3], given: settings },
  { size: [5, 5], channels: [32, 32], given: settings },
  { size: [3, 3], channels: [32, 32], given: apart },
] as const

const convolutions = sizes.map(({ size, channels: [c, k], given }) => {
  const out = given === apart ? 4 : 8
  return { given, x: [2, 8, 8, c], filter: [...size, c, k], y: [2, out, out, k] }
})

const volume = {
  x: [1, 4, 5, 6, 2],
  filter: [2, 3, 2, 2, 3],
  given: { strides: [1, 2, 1], pad: 'same', dataFormat: 'NDHWC', dilations: [1, 1, 1] },
}
const cells = [1, 4, 3, 6, 3]

const depthwise = [settings, apart].map((given) => ({ given, y: given === apart ? [2, 4, 4, 8] : [2, 8, 8, 8] }))

const dilation = { strides: [1, 1], pad: 'same', dilations: [2, 2] }

const pools = [
  { given: { filterSize: [2, 2], strides: [2, 2], pad: 'valid' }, y: [2, 4, 4, 4] },
  { given: { filterSize: [3, 3], strides: [2, 2], pad: 'same' }, y: [2, 4, 4, 4] },
]
const pools3d = [
  { given: { filterSize: [2, 2, 2], strides: [2, 2, 2], pad: 'valid' }, x: [1, 4, 4, 6, 2], y: [1, 2, 2, 3, 2] },
  { given: { filterSize: [2, 3, 2], strides: [1, 2, 1], pad: 'same' }, x: [1, 4, 5, 6, 2], y: [1, 4, 3, 6, 2] },
]

const corners = { alignCorners: true, halfPixelCenters: false }
const centres = { alignCorners: false, halfPixelCenters: true }
const resized = [corners, centres].map((given) => call([image], { ...given, size: [16, 5] }))
const resizedBack = [corners, centres].map((given) => call([image, [2, 16, 5, 4]], given))
const doubled = call([image], { alignCorners: false, halfPixelCenters: false, size: [16, 16] })

const bias = { activation: 'relu', leakyreluAlpha: 0.2 }
const response = { depthRadius: 2, bias: 1, alpha: 0.5, beta: 0.75 }
const modes = ['nearest', 'bilinear'].flatMap((interpolation) =>
  ['constant', 'reflect', 'wrap', 'nearest'].map((fillMode) => ({ interpolation, fillMode, fillValue: 0.5 })),
)

/** Products, layers of networks and operations on images. */
export const layerExamples: Readonly<Record<string, Examples>> = {
  BatchMatMul: examples(
    'fi',
    call(
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      { transposeA: false, transposeB: false },
    ),
    call(
      [
        [2, 4, 3],
        [1, 5, 4],
      ],
      { transposeA: true, transposeB: true },
    ),
  ),
  Einsum: examples(
    'fi',
    call(
      [
        [2, 3, 4],
        [2, 5, 4],
      ],
      { equation: 'bij,bkj->bik' },
    ),
    call([[2, 3, 4], [4]], { equation: 'bij,j->jb' }),
    call([[2, 3, 4]], { equation: 'bij->jb' }),
  ),
  _FusedMatMul: examples('f', call([[1, 3, 4], [1, 4, 5], [5]], { ...bias, transposeA: false, transposeB: false })),
  Conv2D: examples('f', ...convolutions.map(({ x, filter, given }) => call([x, filter], given))),
  Conv2DBackpropInput: examples(
    'f',
    ...convolutions.map(({ x, y, filter, given }) => call([y, filter], { ...given, inputShape: x })),
  ),
  Conv2DBackpropFilter: examples(
    'f',
    ...convolutions.map(({ x, y, filter, given }) => call([x, y], { ...given, filterShape: filter })),
  ),
  FusedConv2D: examples('f', call([image, [3, 3, 4, 6], [6]], { ...settings, ...bias })),
  Conv3D: examples('f', call([volume.x, volume.filter], volume.given)),
  Conv3DBackpropInputV2: examples('f', call([cells, volume.filter], { ...volume.given, inputShape: volume.x })),
  Conv3DBackpropFilterV2: examples('f', call([volume.x, cells], { ...volume.given, filterShape: volume.filter })),
  DepthwiseConv2dNative: examples('f', ...depthwise.map(({ given }) => call([image, [3, 3, 4, 2]], given))),
  DepthwiseConv2dNativeBackpropInput: examples(
    'f',
    ...depthwise.map(({ given, y }) => call([y, [3, 3, 4, 2]], { ...given, inputShape: image })),
  ),
  DepthwiseConv2dNativeBackpropFilter: examples(
    'f',
    ...depthwise.map(({ given, y }) => call([image, y], { ...given, filterShape: [3, 3, 4, 2] })),
  ),
  FusedDepthwiseConv2D: examples('f', call([image, [3, 3, 4, 2], [8]], { ...settings, ...bias })),
  Dilation2D: examples('fi', call([image, [3, 3, 4]], dilation)),
  Dilation2DBackpropInput: examples('f', call([image, [3, 3, 4], image], dilation)),
  Dilation2DBackpropFilter: examples('f', call([image, [3, 3, 4], image], dilation)),
  AvgPool: examples('f', ...pools.map(({ given }) => call([image], given))),
  AvgPoolGrad: examples('f', ...pools.map(({ given, y }) => call([y, image], given))),
  MaxPool: examples('fi', ...pools.map(({ given }) => call([image], given))),
  MaxPoolGrad: examples('f', ...pools.map(({ given, y }) => call([y, image, y], given))),
  MaxPoolWithArgmax: examples(
    'fi',
    ...pools.map(({ given }) => call([image], { ...given, includeBatchInIndex: true })),
  ),
  AvgPool3D: examples('f', ...pools3d.map(({ given, x }) => call([x], given))),
  AvgPool3DGrad: examples('f', ...pools3d.map(({ given, x, y }) => call([y, x], given))),
  MaxPool3D: examples('fi', ...pools3d.map(({ given, x }) => call([x], given))),
  MaxPool3DGrad: examples('f', ...pools3d.map(({ given, x, y }) => call([y, x, y], given))),
  FusedBatchNorm: examples('f', call([image, [4], [4], [4], [4]], { varianceEpsilon: 1e-3 })),
  LRN: examples('f', call([image], response)),
  LRNGrad: examples('f', call([image, image, image], response)),
  GroupNorm: examples('f', ...[[4], [2, 4]].map((s) => call([image, s, s], { groups: 2, epsilon: 1e-5 }))),
  GroupNormGrad: examples('f', ...[[4], [2, 4]].map((s) => call([image, image, s], { groups: 2, epsilon: 1e-5 }))),

  Attention: examples(
    'f',
    call([
      [2, 5, 4],
      [2, 6, 4],
      [2, 6, 3],
    ]),
  ),
  AttentionGrad: examples(
    'f',
    call([
      [2, 5, 3],
      [2, 5, 4],
      [2, 6, 4],
      [2, 6, 3],
    ]),
  ),

  ResizeBilinear: examples('fi', ...resized),
  ResizeBilinearGrad: examples('f', ...resizedBack),
  ResizeNearestNeighbor: examples('fi', ...resized, doubled),
  ResizeNearestNeighborGrad: examples('f', ...resizedBack),
  CropAndResize: examples(
    'fi',
    ...['bilinear', 'nearest'].map((method) =>
      call([image, float(3, 4), int(3)], { cropSize: [5, 6], method, extrapolationValue: 0.5 }),
    ),
  ),
  Transform: examples('f', ...modes.map((given) => call([image, float(1, 8)], given))),
  RotateWithOffset: examples('f', call([image], { radians: 0.3, fillValue: [0, 1, 2], center: 0.5 })),
  FlipLeftRight: examples('fib', call([image])),
  NonMaxSuppressionV4: examples(
    'f',
    call([[6, 4], [6]], { maxOutputSize: 4, iouThreshold: 0.5, scoreThreshold: 0.1, padToMaxOutputSize: true }),
  ),
  Diag: examples('fib', call([[2, 3]])),
  MatrixBandPart: examples('fib', call([[2, 3, 4], int(), int()])),
}
