import { CascadeError } from '@cascade-diffusion/checks'
import { backend_util } from '@tensorflow/tfjs-core'
import type { TensorType, Value } from '../../graph/graph.ts'
import { identity, sameOrder } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { products } from '../half.ts'
import { first, type Kernels } from '../kernel.ts'

/** `alpha · a · b` over the last two axes, either of them transposed; axes before those broadcast. */
export function matMul(
  l: Lowering,
  a: Physical,
  b: Physical,
  { transposeA = false, transposeB = false, alpha = 1, dtype = 'float32' } = {},
): Physical {
  const rows = a.shape.at(transposeA ? -1 : -2) as number
  const columns = b.shape.at(transposeB ? -2 : -1) as number
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const shape = [...batch, rows, columns]
  if (!transposeA && !transposeB && alpha === 1) return l.op('MatMul', [a, b], shape)
  if (l.target.contributed && dtype === 'float32')
    return l.op(
      'FusedMatMul',
      [a, b],
      shape,
      { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, ...(alpha !== 1 && { alpha: { float: alpha } }) },
      'com.microsoft',
    )
  const left = alpha === 1 ? a : l.op('Mul', [a, l.scalar(alpha)], a.shape)
  return l.op('MatMul', [transposeA ? swapped(l, left) : left, transposeB ? swapped(l, b) : b], shape)
}

const swapLast = (rank: number) => [...identity(rank - 2), rank - 1, rank - 2]

const swapped = (l: Lowering, x: Physical) => l.transpose(x, swapLast(x.shape.length))

/**
 * An operand without a transpose, if at most its last two axes are swapped in memory: a product can read it that way.
 */
function operand(l: Lowering, value: Value, transposed: boolean): { lies: Physical; transposed: boolean } {
  const swap = swapLast(value.shape.length)
  const { layout } = l.placed(value)
  const natural = sameOrder(value.shape, layout, identity(value.shape.length))
  if (!natural && sameOrder(value.shape, layout, swap)) return { lies: l.at(value, swap), transposed: !transposed }
  return { lies: l.at(value), transposed }
}

export const matMulKernels: Kernels = {
  BatchMatMul: {
    inputs: ['a', 'b'],
    half: products,
    attributes: (given) => ({ transposeA: given.transposeA ?? false, transposeB: given.transposeB ?? false }),
    infer: ([a, b], { transposeA, transposeB }) => {
      const left = (a as TensorType).shape
      const right = (b as TensorType).shape
      const batch = backend_util.assertAndGetBroadcastShape(left.slice(0, -2), right.slice(0, -2))
      const inner = [left.at(transposeA ? -2 : -1), right.at(transposeB ? -1 : -2)]
      if (left.length < 2 || right.length < 2 || inner[0] !== inner[1])
        throw new CascadeError(
          'input',
          `expected matrices with equal inner sizes, got [${left}]${transposeA ? 'ᵀ' : ''} and [${right}]${transposeB ? 'ᵀ' : ''}`,
        )
      const rows = left.at(transposeA ? -1 : -2) as number
      const columns = right.at(transposeB ? -2 : -1) as number
      return [{ shape: [...batch, rows, columns], dtype: (a as TensorType).dtype }]
    },
    lower: (l, node) => {
      const [a, b] = node.inputs as [Value, Value]
      const left = operand(l, a, node.attributes.transposeA as boolean)
      const right = operand(l, b, node.attributes.transposeB as boolean)
      const transposed = { transposeA: left.transposed, transposeB: right.transposed }
      l.set(first(node.outputs), matMul(l, left.lies, right.lies, { ...transposed, dtype: a.dtype }))
    },
  },
}
