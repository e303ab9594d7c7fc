import { call, type Examples, examples, float, int } from './example.ts'

const sides = [
  [0, 1],
  [2, 0],
]

const axes = (types: string, ...attributes: object[]) =>
  examples(types, ...attributes.map((given) => call([[2, 3, 4]], given as Record<string, unknown>)))

const reduction = (types: string) =>
  axes(types, { axis: [1], keepDims: false }, { axis: [0], keepDims: true }, { axis: [0, 1, 2], keepDims: false })

const along = (types: string) => axes(types, { axis: 1 })

/** Kernels that reduce, move, join, cut, take and put elements. */
export const shapeExamples: Readonly<Record<string, Examples>> = {
  All: reduction('b'),
  Any: reduction('b'),
  Max: axes('fib', { reductionIndices: [1], keepDims: false }, { reductionIndices: [0], keepDims: true }),
  Mean: reduction('fib'),
  Min: reduction('fib'),
  Prod: reduction('fi'),
  Sum: reduction('fi'),
  ArgMax: along('fib'),
  ArgMin: along('fib'),
  Cumprod: axes('fib', { axis: 1 }, { axis: 1, exclusive: true, reverse: true }),
  Cumsum: axes('fib', { axis: 1 }, { axis: 1, exclusive: true, reverse: true }),
  LogSoftmax: axes('f', { axis: 1 }),
  Softmax: axes('f', { dim: 2 }),
  TopK: axes('fib', { k: 2, sorted: true }),

  Reshape: axes('fib', { shape: [4, 6] }),
  ExpandDims: axes('fib', { dim: 1 }),
  Transpose: axes('fib', { perm: [2, 0, 1] }),
  Slice: axes('fib', { begin: [0, 1, 0], size: [2, 2, 3] }),
  StridedSlice: axes('fib', { begin: [0, 0, 3], end: [2, 3, 0], strides: [1, 2, -1], shrinkAxisMask: 1 }),
  Reverse: axes('fib', { dims: [0, 2] }),
  Unpack: axes('fib', { axis: 1 }),
  SplitV: axes('fib', { axis: 1, numOrSizeSplits: [1, 2] }, { axis: 2, numOrSizeSplits: 2 }),
  Concat: examples(
    'fib',
    call(
      [
        [2, 3],
        [2, 1],
      ],
      { axis: 1 },
    ),
  ),
  Pack: examples(
    'fib',
    call(
      [
        [2, 3],
        [2, 3],
      ],
      { axis: 1 },
    ),
  ),
  Tile: examples('fib', call([[2, 3]], { reps: [2, 1] }), call([[2, 1]], { reps: [1, 3] })),
  BroadcastTo: examples('fib', call([[2, 1]], { shape: [4, 2, 3] })),
  BroadcastArgs: examples('i', call([[2], [3]])),
  PadV2: examples('fib', call([[2, 3]], { paddings: sides, constantValue: 1 })),
  MirrorPad: examples(
    'fib',
    call([[2, 3]], { paddings: sides, mode: 'reflect' }),
    call([[2, 3]], { paddings: sides, mode: 'symmetric' }),
  ),
  SpaceToBatchND: examples(
    'fib',
    call([[1, 3, 4, 2]], {
      blockShape: [2, 2],
      paddings: [
        [0, 1],
        [1, 1],
      ],
    }),
  ),
  BatchToSpaceND: examples(
    'fib',
    call([[4, 2, 3, 2]], {
      blockShape: [2, 2],
      crops: [
        [0, 1],
        [1, 1],
      ],
    }),
  ),
  DepthToSpace: examples(
    'fib',
    call([[1, 2, 3, 8]], { blockSize: 2, dataFormat: 'NHWC' }),
    call([[1, 8, 2, 3]], { blockSize: 2, dataFormat: 'NCHW' }),
  ),

  GatherV2: examples(
    'fib',
    call([[2, 3, 4], int(5)], { axis: 1, batchDims: 0 }),
    call([[2, 3, 4], int(2, 5)], { axis: 2, batchDims: 1 }),
  ),
  GatherNd: examples('fib', call([[2, 3, 4], int(5, 2)])),
  OneHot: examples('i', ...['float32', 'int32', 'bool'].map((dtype) => call([[2, 3]], { depth: 4, dtype }))),
  UnsortedSegmentSum: examples(
    'fib',
    call([[5, 2], int(5)], { numSegments: 3 }),
    call([[500, 2], int(500)], { numSegments: 200 }),
  ),
  ScatterNd: examples('fib', call([int(5, 2), [5, 4]], { shape: [2, 3, 4] })),
  TensorScatterUpdate: examples('fib', call([[2, 3, 4], int(5, 1), [5, 3, 4]])),
  SparseToDense: examples(
    'fib',
    call([int(5, 2), [5], []], { outputShape: [2, 3] }),
    call([int(5, 2), [], []], { outputShape: [2, 3] }),
  ),
  SparseReshape: examples('i', call([[5, 3], [3], [2]])),
  Bincount: examples('fi', call([int(7), [7]], { size: 4 }), call([int(7), [0]], { size: 4 })),
  DenseBincount: examples(
    'fi',
    call([int(2, 7), [2, 7]], { size: 4 }),
    call([int(7), [7]], { size: 4, binaryOutput: true }),
  ),
  SearchSorted: examples(
    'fi',
    ...['left', 'right'].map((side) =>
      call(
        [
          [2, 5],
          [2, 3],
        ],
        { side },
      ),
    ),
  ),
  LowerBound: examples(
    'fi',
    call([
      [2, 5],
      [2, 3],
    ]),
  ),
  UpperBound: examples(
    'fi',
    call([
      [2, 5],
      [2, 3],
    ]),
  ),

  Fill: examples('fib', call([], { shape: [2, 3], value: 1 }), call([], { shape: [20, 30], value: 1 })),
  ZerosLike: examples('fib', call([[2, 3]])),
  OnesLike: examples('fib', call([[20, 30]])),
  Range: examples('fi', call([], { start: 0, stop: 5, step: 2 })),
  LinSpace: examples('f', call([], { start: 0, stop: 1, num: 5 })),
  FFT: examples('f', call([float(2, 6), float(2, 6)])),
  IFFT: examples('f', call([float(2, 6), float(2, 6)])),
}
