import { allocate, type DataOf, type DType, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { TensorType } from '../../graph/graph.ts'
import { byParts } from '../complex.ts'
import { first, type Kernel, type Kernels } from '../kernel.ts'

const unreachable = () => {
  throw new CascadeError('internal', 'constants are recorded as such')
}

/** A tensor of one value, known while tracing. */
const filled = (
  inputs: readonly string[],
  type: (types: readonly TensorType[], a: Record<string, unknown>) => TensorType & { value: number },
): Kernel => ({
  inputs,
  infer: (types, attributes) => [type(types, attributes)],
  simplify: (values, attributes, builder) => {
    const { value, shape, dtype } = type(values, attributes)
    return builder.splat(value, shape, dtype)
  },
  lower: unreachable,
})

/** Evenly spaced numbers, known while tracing. */
const spaced = (
  numbers: (a: Record<string, number>) => number[],
  dtypeOf: (a: Record<string, unknown>) => DType,
): Kernel => ({
  inputs: [],
  infer: (_, a) => [{ shape: [numbers(a as never).length], dtype: dtypeOf(a) }],
  simplify: (_, a, builder) => {
    const values = numbers(a as never)
    const data = allocate(dtypeOf(a), values.length)
    data.set(values)
    return builder.constant(data, [values.length], dtypeOf(a))
  },
  lower: unreachable,
})

export const createKernels: Kernels = {
  Fill: filled([], (_, a) => ({
    shape: a.shape as number[],
    dtype: (a.dtype as DType | undefined) ?? 'float32',
    value: a.value as number,
  })),
  ZerosLike: { ...filled(['x'], ([x]) => ({ ...(x as TensorType), value: 0 })), complex: byParts },
  OnesLike: filled(['x'], ([x]) => ({ ...(x as TensorType), value: 1 })),
  Range: spaced(
    ({ start = 0, stop = 0, step = 1 }) => {
      // tfjs counts down if there is no step.
      const by = stop < start && step === 1 ? -1 : step
      return Array.from({ length: Math.max(0, Math.ceil((stop - start) / by)) }, (_, i) => start + i * by)
    },
    (a) => (a.dtype as DType | undefined) ?? 'float32',
  ),
  LinSpace: spaced(
    ({ start = 0, stop = 0, num = 1 }) =>
      Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1)),
    () => 'float32',
  ),
  /** Recorded by the tracer itself: a tensor made from host values. */
  Constant: {
    inputs: [],
    infer: unreachable,
    lower: (l, node) => {
      const out = first(node.outputs)
      l.set(out, l.constant(node.attributes.data as DataOf[DType], out.shape, out.dtype))
    },
  },
  /** Recorded by the tracer itself: a tensor of one value that is too large to store. */
  Splat: {
    inputs: [],
    infer: unreachable,
    lower: (l, node) => {
      const out = first(node.outputs)
      const one = l.reshape(
        l.scalar(node.attributes.value as number, out.dtype),
        out.shape.map(() => 1),
      )
      l.set(out, sizeOf(out.shape) === 1 ? one : l.op('Expand', [one, l.ints(out.shape)], out.shape))
    },
  },
}
