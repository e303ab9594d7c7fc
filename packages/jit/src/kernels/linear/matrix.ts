import { sizeOf } from '@cascade-diffusion/arrays'
import type { TensorType, Value } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { first, type Kernels } from '../kernel.ts'

/** `x` where the condition holds, else 0. ONNX Runtime's Where does not accept booleans. */
function masked(
  l: Lowering,
  condition: Physical,
  x: Physical,
  { dtype }: TensorType,
  shape: readonly number[],
): Physical {
  const chosen = dtype === 'bool' ? 'int32' : dtype
  const y = l.op('Where', [condition, l.cast(x, dtype, chosen), l.scalar(0, chosen)], shape)
  return l.cast(y, chosen, dtype)
}

/** Kernels that make or cut matrices along their diagonals. */
export const matrixKernels: Kernels = {
  Diag: {
    inputs: ['x'],
    infer: ([x]) => {
      const { shape, dtype } = x as TensorType
      return [{ shape: [...shape, ...shape], dtype }]
    },
    lower: (l, node) => {
      const x = first(node.inputs)
      const n = sizeOf(x.shape)
      const numbers = Int32Array.from({ length: n }, (_, i) => i)
      const [row, column] = [
        [n, 1],
        [1, n],
      ].map((shape) => l.constant(numbers, shape, 'int32')) as [Physical, Physical]
      const equal = l.op('Equal', [row, column], [n, n])
      l.set(
        first(node.outputs),
        l.reshape(masked(l, equal, l.reshape(l.at(x), [1, n]), x, [n, n]), [...x.shape, ...x.shape]),
      )
    },
  },
  /** Keeps `numLower` diagonals below the main one and `numUpper` above it; all if negative. */
  MatrixBandPart: {
    inputs: ['input', 'numLower', 'numUpper'],
    infer: ([input]) => [input as TensorType],
    lower: (l, node) => {
      const [input, lower, upper] = node.inputs as [Value, Value, Value]
      const [rows, columns] = input.shape.slice(-2) as [number, number]
      const shape = [rows, columns]
      const below = Float32Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns) - (i % columns))
      const zero = l.scalar(0)
      const within = (distances: Float32Array, bound: Value) => {
        const most = l.cast(l.reshape(l.at(bound), []), bound.dtype, 'float32')
        const near = l.op('LessOrEqual', [l.floats(distances, shape), most], shape)
        return l.op('Or', [near, l.op('Less', [most, zero], [])], shape)
      }
      const band = l.op(
        'And',
        [
          within(below, lower),
          within(
            below.map((d) => -d),
            upper,
          ),
        ],
        shape,
      )
      l.set(first(node.outputs), masked(l, band, l.at(input), input, input.shape))
    },
  },
}
