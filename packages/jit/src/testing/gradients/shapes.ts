import * as tf from '@tensorflow/tfjs-core'
import { at, type GradientExample, type GradientExamples, run } from './example.ts'

type One = (x: tf.Tensor) => tf.Tensor
type Reduction = (x: tf.Tensor, axes?: number | number[], keepDims?: boolean) => tf.Tensor

const of = (shape: readonly number[], ...ops: One[]): GradientExample[] => ops.map((op) => at(op, shape))
const volume = (...ops: One[]) => of([2, 3, 4], ...ops)
const int = (values: number[], shape = [values.length]) => tf.tensor(values, shape, 'int32')
const float = (x: tf.Tensor) => tf.cast(x, 'float32')

/** Over no axis named, one, several, counted from either end, kept or not. */
const over = (op: Reduction) =>
  volume(
    (x) => op(x),
    (x) => op(x, 1),
    (x) => op(x, -1, true),
    (x) => op(x, [0, 2]),
    (x) => op(x, [-3, -2], true),
  )

const chosen = (op: (x: tf.Tensor, axis: number) => tf.Tensor) =>
  volume(
    (x) => tf.gather(x, op(x, 2), 2, 1),
    (x) => tf.mul(x, float(tf.oneHot(op(x, -1) as tf.Tensor2D, 4))),
  )

const along = (op: (x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean) => tf.Tensor) =>
  volume(
    ...[0, 1, 2].flatMap((axis): One[] => [(x) => op(x, axis, false, false), (x) => op(x, axis, true, true)]),
    (x) => op(x, 1, true, false),
    (x) => op(x, 1, false, true),
  )

const product = (equation: string, ...lengths: number[][]) => at((...xs) => tf.einsum(equation, ...xs), ...lengths)

/** Operations that reduce, move, join, cut, take and put elements. */
export const shapeGradients: GradientExamples = {
  All: volume((x) => tf.mul(x, float(tf.all(tf.greater(x, -1.9), 1, true)))),
  Any: volume((x) => tf.mul(x, float(tf.any(tf.greater(x, 1.5), 1, true)))),
  ArgMax: chosen(tf.argMax),
  ArgMin: chosen(tf.argMin),
  Cumprod: along(tf.cumprod),
  Cumsum: along(tf.cumsum),
  LogSoftmax: volume((x) => tf.logSoftmax(x)).map((example) => ({
    ...example,
    kernel: (x) => run('LogSoftmax', { logits: x }, { axis: -1 }),
  })),
  Max: over(tf.max),
  Mean: over(tf.mean),
  Min: over(tf.min),
  Prod: over(tf.prod),
  Softmax: volume((x) => tf.softmax(x)),
  Sum: over(tf.sum),
  TopK: volume(
    (x) => tf.topk(x, 2).values,
    (x) => tf.topk(x, 4).values,
  ),

  Reshape: volume((x) => tf.reshape(x, [4, -1])),
  ExpandDims: volume(
    (x) => tf.expandDims(x, 1),
    (x) => tf.expandDims(x, -1),
  ),
  Transpose: volume(
    (x) => tf.transpose(x),
    (x) => tf.transpose(x, [2, 0, 1]),
  ),
  Slice: volume((x) => tf.slice(x, [0, 1, 1], [-1, 2, 2])),
  StridedSlice: volume(
    (x) => tf.stridedSlice(x, [0, 2, 0], [2, 0, 4], [1, -1, 3]),
    (x) => tf.stridedSlice(x, [0, 1, 0], [2, 3, 4], [1, 1, 3], 0b001, 0b100),
    (x) => tf.stridedSlice(x, [-1, -2, -3], [2, 3, 4], [1, 1, 2]),
  ),
  Reverse: volume(
    (x) => tf.reverse(x, [0, -1]),
    (x) => tf.reverse(x, 1),
  ),
  Unpack: volume((x) => tf.mul(...(tf.unstack(x, -3) as [tf.Tensor, tf.Tensor]))),
  SplitV: volume(
    (x) => tf.mul(...(tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor])),
    (x) => tf.split(x, [1, 2], 1)[1] as tf.Tensor,
  ),
  Concat: [at((a, b) => tf.concat([a, b], 1), [2, 3], [2, 1]), at((a, b) => tf.concat([a, b], -2), [1, 3], [2, 3])],
  Pack: [at((a, b) => tf.stack([a, b], -1), [2, 3], [2, 3]), at((a, b) => tf.stack([a, b]), [2, 3], [2, 3])],
  Tile: [at((x) => tf.tile(x, [2, 1, 3]), [2, 1, 2]), at((x) => tf.tile(x, [1, 2, 1, 3, 2]), [2, 1, 1, 2, 1])],
  BroadcastTo: [
    {
      ...at((x) => tf.broadcastTo(x, [4, 2, 3]), [2, 1]),
      kernel: (x) => run('BroadcastTo', { x }, { shape: [4, 2, 3], inputShape: [2, 1] }),
    },
  ],
  PadV2: volume(
    (x) => tf.pad(x, sides, 1),
    (x) => tf.pad(x, [[0, 0], [0, 0], [1, 2]]), // biome-ignore format: a row for each axis
  ),
  MirrorPad: [
    ...volume(
      (x) => tf.mirrorPad(x, sides, 'reflect'),
      (x) => tf.mirrorPad(x, sides, 'symmetric'),
    ),
    ...of(
      [4],
      (x) => tf.mirrorPad(x, [[3, 3]], 'reflect'),
      (x) => tf.mirrorPad(x, [[4, 4]], 'symmetric'),
    ),
  ],
  SpaceToBatchND: of([1, 3, 4, 2], (x) => tf.spaceToBatchND(x, [2, 2], [[0, 1], [1, 1]])), // biome-ignore format: one row
  BatchToSpaceND: of([4, 2, 3, 2], (x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [1, 1]])), // biome-ignore format: one row
  DepthToSpace: of([1, 2, 3, 8], (x) => tf.depthToSpace(x as tf.Tensor4D, 2)),
  Diag: of([2, 3], tf.diag),

  GatherV2: volume(
    (x) => tf.gather(x, int([1, 0, 1])),
    (x) => tf.gather(x, int([2, 0, 2, 1], [2, 2]), 1),
    (x) => tf.gather(x, int([2, 0, 2, 1]), -1),
    (x) => tf.gather(x, int([2, 0, 1, 1], [2, 2]), 1, 1),
    (x) => tf.gather(x, int([2, 0, 1, 3], [2, 2]), 2, 1),
  ),
  GatherNd: volume(
    (x) => tf.gatherND(x, int([0, 2, 1, 0, 0, 2], [3, 2])),
    (x) => tf.gatherND(x, int([1], [1, 1])),
  ),
  OneHot: volume((x) => tf.mul(x, float(tf.oneHot(tf.cast(tf.mul(tf.max(x, 2), 1.9), 'int32') as tf.Tensor2D, 4)))),
  UnsortedSegmentSum: of(
    [4, 3],
    (x) => tf.unsortedSegmentSum(x, int([2, 0, 2, 1]) as tf.Tensor1D, 3),
    (x) => tf.unsortedSegmentSum(x, int([2, -1, 7, 1]) as tf.Tensor1D, 3),
  ),
  ScatterNd: [
    at((x) => tf.scatterND(int([1, 3, 1], [3, 1]), x, [4, 2]), [3, 2]),
    at((x) => tf.scatterND(int([1, 3, 1], [3, 1]), x, [4]), [3]),
  ],
  TensorScatterUpdate: [
    // Not the operand itself: tfjs's cpu backend changes it.
    at((x, y) => tf.tensorScatterUpdate(tf.add(x, 0), int([1, 3], [2, 1]), y), [4, 2], [2, 2]),
  ],
  ...Object.fromEntries(
    [
      ['LowerBound', tf.lowerBound],
      ['UpperBound', tf.upperBound],
    ].map(([name, op]) => [
      name,
      volume((x) => tf.mul(x, counted(op as typeof tf.lowerBound, x))).map((example) => ({
        ...example,
        kernel: (x: tf.Tensor) =>
          tf.mul(
            x,
            counted((sortedSequence, values) => run(name as string, { sortedSequence, values } as never, {}), x),
          ),
      })),
    ]),
  ),
  SearchSorted: volume((x) =>
    tf.mul(x, float(tf.reshape(tf.searchSorted(sorted(), tf.reshape(x, [1, -1])), [2, 3, 4]))),
  ),

  BatchMatMul: [
    ...[false, true].flatMap((ta) => [false, true].map((tb) => [ta, tb] as const)).flatMap(matMuls),
    at((a, b) => tf.matMul(a, b), [2, 2, 2, 3], [3, 2]),
  ],
  Einsum: [
    product('ij,jk->ik', [3, 2], [2, 4]),
    product('bij,bkj->bik', [2, 3, 2], [2, 4, 2]),
    product('ij,kl->iljk', [3, 2], [2, 2]),
    product('ij,ji->', [2, 3], [3, 2]),
    product('ijk->ki', [2, 3, 4]),
    product('ij->ji', [2, 3]),
  ],
}

const sides: [number, number][] = [
  [0, 1],
  [2, 0],
  [1, 2],
]

const counted = (op: (sorted: tf.Tensor2D, values: tf.Tensor2D) => tf.Tensor, x: tf.Tensor) =>
  float(tf.reshape(op(sorted() as tf.Tensor2D, tf.reshape(x, [1, -1]) as tf.Tensor2D), x.shape))

const sorted = () => tf.tensor2d([-1, 0, 1], [1, 3])

/** Matrices with matrices, many with one and one with many, each either way round. */
function matMuls([ta, tb]: readonly [boolean, boolean]): GradientExample[] {
  const [a, b] = [ta ? [2, 3] : [3, 2], tb ? [4, 2] : [2, 4]] as const
  const op = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, ta, tb)
  return [
    at(op, a, b),
    at(op, [2, ...a], [2, ...b]),
    at(op, [2, ...a], b),
    at(op, a, [2, ...b]),
    at(op, [2, ...a], [1, ...b]),
    at(op, [1, ...a], [2, ...b]),
  ]
}
