const byValues = 'the shape of its result depends on values'
const strings = 'strings'

/** Why kernels of tfjs-core cannot be traced. */
export const notTraced: Readonly<Record<string, string>> = {
  Draw: 'it draws on a canvas',
  FromPixels: 'it reads an element of a page; hand the pixels in as an argument',
  Multinomial:
    'its random numbers come from a seed, which is fixed while tracing: every call would draw the same. Hand in noise: `tf.argMax(tf.add(logits, gumbel), -1)`',
  NonMaxSuppressionV3: `${byValues}; \`tf.image.nonMaxSuppressionPadded\` can be traced`,
  NonMaxSuppressionV5: byValues,
  RaggedGather: byValues,
  RaggedRange: byValues,
  RaggedTensorToTensor: `${byValues}: one of its inputs is that shape`,
  SparseFillEmptyRows: byValues,
  StaticRegexReplace: strings,
  StringNGrams: strings,
  StringSplit: strings,
  StringToHashBucketFast: strings,
  Unique: byValues,
}

/** Kernels that no operation of tfjs-core 4.22 calls and no backend has, but which are composed by tfjs itself. */
export const composedByTfjs: Readonly<Record<string, string>> = {
  Pool: '`AvgPool` or `MaxPool`, `SpaceToBatchND`, `BatchToSpaceND`',
}

const named = (operation: string) => `no operation calls it: \`tf.${operation}\` is composed of others`
const padded = 'the mean over what a window sees of the input; tfjs’s cpu backend counts padding in the gradient only'
const casted = 'of booleans after a cast, which `tf.prod` and `tf.sum` do'
const adjoint = 'the adjoint of the forward pass; tfjs’s cpu backend has it wrong where pixel centres are at halves'
const fused = 'its gradient is that of `tf.fused`'
const pairs = 'complex tensors are pairs of real ones while tracing'
const segments = 'the segment ids have to be known while tracing: `tf.tensor1d(values, "int32")`'

/** What else there is to know of kernels that can be traced. */
export const notes: Readonly<Record<string, string>> = {
  AvgPool3DGrad: padded,
  AvgPoolGrad: padded,
  BroadcastTo: named('broadcastTo'),
  Cast: `to complex64 too`,
  Complex: pairs,
  ComplexAbs: pairs,
  Conv2D: 'channels last',
  Conv3D: 'channels last',
  DenseBincount: '`binaryOutput` for vectors too, of which tfjs’s cpu backend takes no notice',
  DepthwiseConv2dNative: 'channels last',
  Einsum: 'one or two operands, no label twice in one of them',
  FFT: pairs,
  FusedConv2D: fused,
  FusedDepthwiseConv2D: fused,
  IFFT: pairs,
  Imag: pairs,
  LogicalXor: named('logicalXor'),
  LogSoftmax: named('logSoftmax'),
  LowerBound: named('lowerBound'),
  MatrixBandPart: named('linalg.bandPart'),
  NonMaxSuppressionV4: 'with `padToMaxOutputSize` only',
  Prod: casted,
  Real: pairs,
  ResizeBilinearGrad: adjoint,
  ResizeNearestNeighborGrad: 'the adjoint of the forward pass; tfjs’s cpu backend has it wrong',
  ScatterNd: 'of two updates for one place both are added, of booleans either is enough',
  SparseSegmentMean: segments,
  SparseSegmentSum: segments,
  StridedSlice: 'tfjs’s cpu backend has no strides together with `shrinkAxisMask`',
  Sum: casted,
  Transform: 'all images of a batch, of which tfjs’s cpu backend transforms the first only',
  UpperBound: named('upperBound'),
  _FusedMatMul: fused,
}
