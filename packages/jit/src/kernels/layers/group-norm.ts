import { sizeOf } from '@cascade-diffusion/arrays'
import type { Node, TensorType, Value } from '../../graph/graph.ts'
import { HWNC, NCHW, sameLayout } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import type { Target } from '../../lower/target.ts'
import { someHalf } from '../half.ts'
import type { Kernels } from '../kernel.ts'
import { sumLong, sumOuter, typicalLength } from '../reduce/sums.ts'

interface Statistics {
  /** x − mean over each example's group, [H·W, N·C]. */
  readonly centred: Physical
  /** 1/√(variance + ε) of each example's group, [N, groups, 1]. */
  readonly inverse: Physical
}

/** The sizes of the operand, and means over groups, for a layout with rows and columns outermost. */
function view(l: Lowering, x: Value, groups: number) {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const area = height * width
  const within = channels / groups
  const grouped = [n, groups, within]
  const flat = (value: Value) => l.reshape(l.at(value, HWNC), [area, n * channels])
  const perGroup = (row: Physical, opType: 'ReduceMean' | 'ReduceSum') => {
    const [each, shape] = [l.reshape(row, grouped), [n, groups, 1]]
    const long = sumLong(l, each, [2], opType)
    return long ? l.reshape(long, shape) : l.op(opType, [each, l.ints([2])], shape, { keepdims: 1 })
  }
  /** One number for each example's group, repeated for the group's channels: [1, N·C]. */
  const spread = (group: Physical) => l.reshape(l.op('Expand', [group, l.ints(grouped)], grouped), [1, n * channels])
  /** A scale or shift, of all examples or of each: [1, N·C]. */
  const affine = (value: Value) => {
    const row = value.shape.length === 1 ? l.reshape(l.at(value), [1, channels]) : l.at(value)
    const full = [n, channels]
    return l.reshape(value.shape.length === 1 ? l.op('Expand', [row, l.ints(full)], full) : row, [1, n * channels])
  }
  return { n, height, width, channels, area, within, grouped, flat, perGroup, spread, affine }
}

/** Two passes, the mean first: with a large mean, sums of squares would cancel. */
function statistics(l: Lowering, x: Value, groups: number, epsilon: number): Statistics {
  const { area, flat, perGroup, spread } = view(l, x, groups)
  const lies = flat(x)
  const mean = perGroup(sumOuter(l, lies, area, 1 / area), 'ReduceMean')
  const centred = l.op('Sub', [lies, spread(mean)], lies.shape)
  const square = l.op('Mul', [centred, centred], lies.shape)
  const variance = perGroup(sumOuter(l, square, area, 1 / area), 'ReduceMean')
  const deviation = l.op('Sqrt', [l.op('Add', [variance, l.scalar(epsilon)], variance.shape)], variance.shape)
  return { centred, inverse: l.op('Reciprocal', [deviation], deviation.shape) }
}

/** Whether ONNX's `InstanceNormalization` normalises groups of this size. */
const isInstanceNorm = (target: Target, size: number): boolean =>
  sameLayout(target.activationLayout, NCHW) && size <= target.exactNorm

/** Groups [N, groups, numbers], each normalised in two passes, with means of blocks. */
function normalised(l: Lowering, x: Physical, epsilon: number): Physical {
  const row = x.shape.with(2, 1)
  const mean = (of: Physical) =>
    l.reshape(sumLong(l, of, [2], 'ReduceMean') ?? l.op('ReduceMean', [of, l.ints([2])], row, { keepdims: 1 }), row)
  const centred = l.op('Sub', [x, mean(x)], x.shape)
  const variance = mean(l.op('Mul', [centred, centred], x.shape))
  const deviation = l.op('Sqrt', [l.op('Add', [variance, l.scalar(epsilon)], row)], row)
  return l.op('Div', [centred, deviation], x.shape)
}

/** For targets with channels before rows and columns: a group is contiguous, as `InstanceNormalization` needs it. */
function together(l: Lowering, [x, scale, shift]: readonly [Value, Value, Value], groups: number, epsilon: number) {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const shape = [n, channels, height, width]
  const size = (channels / groups) * height * width
  const grouped = l.reshape(l.at(x, NCHW), [n, groups, size])
  const y = isInstanceNorm(l.target, typicalLength(l, size))
    ? l.op('InstanceNormalization', [grouped, ...[1, 0].map((v) => l.floats(Array(groups).fill(v)))], grouped.shape, {
        epsilon: { float: epsilon },
      })
    : normalised(l, grouped, epsilon)
  const affine = (value: Value) => l.reshape(l.at(value), [...value.shape, 1, 1])
  const scaled = l.op('Mul', [l.reshape(y, shape), affine(scale)], shape)
  return l.op('Add', [scaled, affine(shift)], shape)
}

const attributesOf = (node: Node) => node.attributes as { groups: number; epsilon: number }

/** The count of numbers in one group of one image. */
const groupSize = ({ inputs: [x], attributes }: Node): number =>
  sizeOf((x as Value).shape.slice(1)) / (attributes.groups as number)

/** Group normalisation with scale and shift of all examples ([C]) or of each ([N, C]) as named kernels. */
export const groupNormKernels: Kernels = {
  GroupNorm: {
    inputs: ['x', 'scale', 'shift'],
    // In 16 bits if it is ONNX's own operator, which keeps its sums in more.
    half: {
      computes: (node, operands, target) => someHalf(operands) && isInstanceNorm(target, groupSize(node)),
      stores: 1,
    },
    infer: ([x]) => [x as TensorType],
    lower: (l, node) => {
      const [x, scale, shift] = node.inputs as [Value, Value, Value]
      const { groups, epsilon } = attributesOf(node)
      if (sameLayout(l.target.activationLayout, NCHW)) {
        l.set(node.outputs[0] as Value, together(l, [x, scale, shift], groups, epsilon), NCHW)
        return
      }
      const { n, height, width, channels, spread, affine } = view(l, x, groups)
      const { centred, inverse } = statistics(l, x, groups, epsilon)
      const row = [1, n * channels]
      const factor = l.op('Mul', [spread(inverse), affine(scale)], row)
      const scaled = l.op('Mul', [centred, factor], centred.shape)
      const y = l.op('Add', [scaled, affine(shift)], centred.shape)
      l.set(node.outputs[0] as Value, l.reshape(y, [height, width, n, channels]), HWNC)
    },
  },
  /**
   * With d = x − mean, r = 1/√(variance + ε) and M elements in a group:
   * dx = r·scale·dy − r·Σ(scale·dy)/M − d·r³·Σ(scale·dy·d)/M, sums over the group; dscale = Σ dy·d·r, dshift = Σ dy.
   */
  GroupNormGrad: {
    returnsList: true,
    inputs: ['dy', 'x', 'scale'],
    half: { computes: () => false, stores: 1 },
    infer: ([, x, scale]) => [x as TensorType, scale as TensorType, scale as TensorType],
    lower: (l, node) => {
      const [dy, x, scale] = node.inputs as [Value, Value, Value]
      const { groups, epsilon } = attributesOf(node)
      const { n, height, width, channels, area, within, flat, perGroup, spread, affine } = view(l, x, groups)
      const { centred, inverse } = statistics(l, x, groups, epsilon)
      const row = [1, n * channels]
      const group = inverse.shape
      const lies = flat(dy)
      const sum = sumOuter(l, lies, area)
      const sumD = sumOuter(l, l.op('Mul', [lies, centred], lies.shape), area)
      const weights = affine(scale)
      const members = l.scalar(1 / (area * within))
      const mean = (values: Physical) =>
        l.op('Mul', [perGroup(l.op('Mul', [values, weights], row), 'ReduceSum'), members], group)
      const cube = l.op('Mul', [l.op('Mul', [inverse, inverse], group), inverse], group)
      const slope = spread(l.op('Mul', [cube, mean(sumD)], group))
      const offset = spread(l.op('Mul', [inverse, mean(sum)], group))
      const factor = l.op('Mul', [spread(inverse), weights], row)
      const through = l.op('Mul', [lies, factor], lies.shape)
      const back = l.op('Add', [l.op('Mul', [centred, slope], lies.shape), offset], lies.shape)
      const dx = l.op('Sub', [through, back], lies.shape)
      l.set(node.outputs[0] as Value, l.reshape(dx, [height, width, n, channels]), HWNC)

      const place = (values: Physical, out: Value) => {
        const each = l.reshape(values, [n, channels])
        l.set(out, scale.shape.length === 1 ? l.reshape(sumOuter(l, each, n), [channels]) : each)
      }
      place(l.op('Mul', [sumD, spread(inverse)], row), node.outputs[1] as Value)
      place(sum, node.outputs[2] as Value)
    },
  },
}
