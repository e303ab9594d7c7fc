const byValues = 'the shape of its result depends on values'
const strings = 'strings'

/** Why kernels of tfjs-core cannot be traced. */
export const notTraced: Readonly<Record<string, string>> = {
  Draw: 'it draws on a canvas',
  FromPixels: 'it reads an element of a page; pass the pixels as an argument',
  Multinomial:
    'its random numbers come from a seed, which is fixed while tracing: every call would draw the same. Pass noise as an argument: `tf.argMax(tf.add(logits, gumbel), -1)`',
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

/** Kernels that no operation of tfjs-core 4.22 calls and no backend has: tfjs composes their operations of others. */
export const composedByTfjs: Readonly<Record<string, string>> = {
  Pool: '`AvgPool` or `MaxPool`, `SpaceToBatchND`, `BatchToSpaceND`',
}

const named = (operation: string) => `no operation calls it: \`tf.${operation}\` is composed of others`
const even = 'shares its gradient evenly among all extreme elements, as PyTorch’s `amax` and `amin`'
const half = 'gives each operand half of its gradient where both are equal'
const step = 'no gradient passes'
const notANumber = 'NaN comes before all numbers'
const resized = 'its gradient is the adjoint of the forward pass, for tfjs’s cpu backend too'
const padded = 'the mean over the input in a window; tfjs’s cpu backend counts padding in the gradient only'
const casted = 'booleans are cast first, by `tf.prod` and `tf.sum`'
const adjoint = 'the adjoint of the forward pass; tfjs’s cpu backend is wrong where pixel centres are at halves'
const fused = 'its gradient is that of `tf.fused`'
const pairs = 'complex tensors are pairs of real ones while tracing'
const segments = 'the segment ids have to be known while tracing: `tf.tensor1d(values, "int32")`'

/** Notes on kernels that can be traced. */
export const notes: Readonly<Record<string, string>> = {
  _FusedMatMul: fused,
  Abs: 'its gradient at 0 is 0',
  All: step,
  Any: step,
  ArgMax: `${step}; ${notANumber}`,
  ArgMin: `${step}; ${notANumber}`,
  Atan2: 'its gradient at the origin is 0',
  AvgPool: 'padding does not count, neither in the mean nor in the gradient',
  AvgPool3D: 'padding does not count, neither in the mean nor in the gradient',
  AvgPool3DGrad: padded,
  AvgPoolGrad: padded,
  BitwiseAnd: step,
  BroadcastTo: named('broadcastTo'),
  Cast: 'also to complex64; gradients pass between float32 only',
  Ceil: step,
  ClipByValue: 'no gradient passes at the bounds and beyond, as in PyTorch 2.15; keeps NaN',
  Complex: pairs,
  ComplexAbs: pairs,
  Conv2D: 'channels last',
  Conv3D: 'channels last',
  Cumprod: 'its gradient is right for zeros too',
  DenseBincount: '`binaryOutput` holds for vectors too, where tfjs’s cpu backend ignores it',
  DepthwiseConv2dNative: 'channels last',
  Einsum: 'one or two operands, no label twice in one of them',
  Equal: step,
  FFT: pairs,
  Floor: step,
  FloorDiv: step,
  FusedBatchNorm: 'tfjs has a gradient only with a scale',
  FusedConv2D: fused,
  FusedDepthwiseConv2D: fused,
  GatherNd: 'negative indices are refused, as eagerly',
  GatherV2: 'negative indices are refused, as eagerly',
  Greater: step,
  GreaterEqual: step,
  IFFT: pairs,
  Imag: pairs,
  IsFinite: step,
  IsInf: step,
  IsNan: step,
  LeakyRelu: 'its slope at 0 is that of negative numbers',
  Less: step,
  LessEqual: step,
  LogicalAnd: step,
  LogicalNot: step,
  LogicalOr: step,
  LogicalXor: `${step}; ${named('logicalXor')}`,
  LogSoftmax: named('logSoftmax'),
  LowerBound: `${step}; ${named('lowerBound')}`,
  MatrixBandPart: named('linalg.bandPart'),
  Max: `${even}; keeps NaN`,
  Maximum: `${half}; keeps NaN`,
  MaxPool: 'the first of the greatest elements gets all of the gradient; keeps NaN',
  MaxPool3D: 'the first of the greatest elements gets all of the gradient; keeps NaN',
  MaxPool3DGrad:
    'of several greatest elements the last gets all, as in tfjs’s cpu backend; the gradient of `MaxPool3D` does not use it',
  Min: `${even}; keeps NaN`,
  Minimum: `${half}; keeps NaN`,
  NonMaxSuppressionV4: `${step}; with \`padToMaxOutputSize\` only`,
  NotEqual: step,
  OneHot: step,
  Pow: 'the gradient of x⁰ at 0 is 0, and that of a negative base for its exponent is NaN; `tf.norm` has 0 at 0',
  Prod: casted,
  Real: pairs,
  RealDiv: 'a gradient of 0 passes as 0, even through a division by 0: `divNoNan`, `where`',
  Relu: 'its gradient at 0 is 0',
  Relu6: 'its gradient at 0 and at 6 is 0',
  ResizeBilinear: resized,
  ResizeBilinearGrad: adjoint,
  ResizeNearestNeighbor: resized,
  ResizeNearestNeighborGrad: 'the adjoint of the forward pass; tfjs’s cpu backend is wrong',
  Round: step,
  ScatterNd:
    'two updates for one place are added, or of booleans one suffices; negative indices are refused, as eagerly',
  SearchSorted: step,
  Sign: step,
  SparseSegmentMean: segments,
  SparseSegmentSum: segments,
  Step: step,
  StridedSlice: 'tfjs’s cpu backend has no strides together with `shrinkAxisMask`',
  Sum: casted,
  TensorScatterUpdate: 'negative indices are refused, as eagerly',
  TopK: `its gradient goes to the elements taken; ${notANumber}`,
  Transform: 'all images of a batch; tfjs’s cpu backend transforms the first only',
  UpperBound: `${step}; ${named('upperBound')}`,
}
