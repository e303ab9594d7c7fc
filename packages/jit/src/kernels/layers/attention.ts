import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { TensorType, Value } from '../../graph/graph.ts'
import { identity } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { parts } from '../../lower/parts.ts'
import { products } from '../half.ts'
import { first, type Kernels } from '../kernel.ts'
import { matMul } from '../linear/matmul.ts'

/** An operand as [matrices, rows, columns]. */
function matrices(l: Lowering, value: Value): Physical {
  const [rows, columns] = value.shape.slice(-2) as [number, number]
  return l.reshape(l.at(value), [sizeOf(value.shape.slice(0, -2)), rows, columns])
}

/**
 * Works on a few of the operands' matrices at a time, so that their scores stay in a core's cache, and concatenates the
 * results.
 */
function inParts(
  l: Lowering,
  operands: readonly Physical[],
  scores: number,
  each: (operands: readonly Physical[]) => readonly Physical[],
): Physical[] {
  const count = first(operands).shape[0] as number
  const lengths = parts(count, l.target.blockSize / scores).map(({ length }) => length)
  if (lengths.length === 1) return [...each(operands)]
  const split = operands.map((x) =>
    l
      .ops('Split', [x, l.ints(lengths)], lengths.length, { axis: 0 })
      .map((name, i): Physical => ({ name, shape: [lengths[i] as number, ...x.shape.slice(1)] })),
  )
  const results = lengths.map((_, i) => each(split.map((pieces) => pieces[i] as Physical)))
  return first(results).map((result, k) =>
    l.op(
      'Concat',
      results.map((pieces) => pieces[k] as Physical),
      [count, ...result.shape.slice(1)],
      { axis: 0 },
    ),
  )
}

/** softmax(q kᵀ / √D), and that times v. */
function attend(l: Lowering, q: Physical, k: Physical, v: Physical): { weights: Physical; y: Physical } {
  const scores = matMul(l, q, k, { transposeB: true, alpha: scaleOf(q) })
  const weights = l.op('Softmax', [scores], scores.shape, { axis: 2 })
  return { weights, y: matMul(l, weights, v) }
}

const scaleOf = (q: Physical) => 1 / Math.sqrt(q.shape[2] as number)

const scoreCount = (q: Value, k: Value) => (q.shape.at(-2) as number) * (k.shape.at(-2) as number)

/** @throws on operands that do not fit together. */
function check(q: TensorType, k: TensorType, v: TensorType): void {
  const lead = (t: TensorType) => String(t.shape.slice(0, -2))
  const fit =
    lead(q) === lead(k) && lead(q) === lead(v) && q.shape.at(-1) === k.shape.at(-1) && k.shape.at(-2) === v.shape.at(-2)
  if (!fit)
    throw new CascadeError(
      'input',
      `expected q [..., L, D], k [..., M, D], v [..., M, E], got [${q.shape}], [${k.shape}], [${v.shape}]`,
    )
}

/** Scaled dot-product attention as named kernels. */
export const attentionKernels: Kernels = {
  Attention: {
    inputs: ['q', 'k', 'v'],
    half: products,
    infer: (types) => {
      const [q, k, v] = types as [TensorType, TensorType, TensorType]
      check(q, k, v)
      return [{ shape: q.shape.with(-1, v.shape.at(-1) as number), dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [q, k] = node.inputs as [Value, Value, Value]
      const operands = node.inputs.map((value) => matrices(l, value))
      const out = first(node.outputs)
      const [y] = inParts(l, operands, scoreCount(q, k), ([a, b, c]) => [
        attend(l, a as Physical, b as Physical, c as Physical).y,
      ])
      l.set(out, l.reshape(y as Physical, out.shape))
    },
  },
  /**
   * With weights P and y = P v: dv = Pᵀ dy, and through the softmax dS = P ∘ (dy vᵀ − Σ dy ∘ y), the sum over a row
   * (Dao et al. 2022): no product of the size of the scores is summed. dkᵀ and dvᵀ come with their last axes swapped:
   * the small operands are transposed, not the scores.
   */
  AttentionGrad: {
    returnsList: true,
    inputs: ['dy', 'q', 'k', 'v'],
    half: products,
    infer: ([, ...types]) => types,
    lower: (l, node) => {
      const [, q, k] = node.inputs as [Value, Value, Value, Value]
      const operands = node.inputs.map((value) => matrices(l, value))
      const results = inParts(l, operands, scoreCount(q, k), (part) => {
        const [dy, a, b, c] = part as [Physical, Physical, Physical, Physical]
        const { weights, y } = attend(l, a, b, c)
        const rows = [...dy.shape.slice(0, 2), 1]
        const sums = l.op('ReduceSum', [l.op('Mul', [dy, y], dy.shape), l.ints([2])], rows, { keepdims: 1 })
        const through = matMul(l, dy, c, { transposeB: true })
        const dS = l.op('Mul', [l.op('Sub', [through, sums], through.shape), weights], through.shape)
        const alpha = scaleOf(a)
        return [
          matMul(l, dS, b, { alpha }),
          matMul(l, l.transpose(a, [0, 2, 1]), dS, { alpha }),
          matMul(l, l.transpose(dy, [0, 2, 1]), weights),
        ]
      })
      node.outputs.forEach((out, i) => {
        const axes = identity(out.shape.length)
        const layout = i === 0 ? axes : [...axes.slice(0, -2), axes.length - 1, axes.length - 2]
        const shape = layout.map((axis) => out.shape[axis] as number)
        l.set(out, l.reshape(results[i] as Physical, shape), layout)
      })
    },
  },
}
