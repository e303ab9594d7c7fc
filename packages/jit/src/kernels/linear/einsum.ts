import { backend_util, util } from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import { composer, type Run } from '../compose.ts'
import { binaryKernels } from '../elementwise/binary.ts'
import type { Kernels } from '../kernel.ts'
import { reduceKernels } from '../reduce/reduce.ts'
import { reshapeKernels } from '../shape/reshape.ts'
import { matMulKernels } from './matmul.ts'

const composed = composer({ ...reshapeKernels, ...reduceKernels, ...matMulKernels, ...binaryKernels })

/** A tensor and the label of each of its axes. */
interface Term {
  readonly value: Value
  readonly labels: readonly string[]
}

const sizesOf = (labels: readonly string[], { value, labels: own }: Term): number[] =>
  labels.map((label) => value.shape[own.indexOf(label)] as number)

/** Puts the axes in the order of these labels, all of which the term has. */
function order(run: Run, term: Term, labels: readonly string[]): Value {
  const perm = labels.map((label) => term.labels.indexOf(label))
  return perm.every((axis, i) => axis === i) ? term.value : run('Transpose', [term.value], { perm })
}

/** Sums over the axes whose labels neither the other term nor the result has. */
function sumAway(run: Run, { value, labels }: Term, others: readonly string[]): Term {
  const axis = labels.flatMap((label, i) => (others.includes(label) ? [] : [i]))
  if (axis.length === 0) return { value, labels }
  const kept = labels.filter((label) => others.includes(label))
  return { value: run('Sum', [value], { axis, keepDims: false }), labels: kept }
}

/** Two terms without sums over both: factors with an axis of length 1 where they lack a label. */
function multiply(run: Run, terms: readonly Term[], output: readonly string[]): Value {
  const factors = terms.map((term) => {
    const own = output.filter((label) => term.labels.includes(label))
    const shape = output.map((label) => (own.includes(label) ? (sizesOf([label], term)[0] as number) : 1))
    return run('Reshape', [order(run, term, own)], { shape })
  })
  return run('Multiply', factors)
}

/** A batch of matrix products: labels of both terms are batches if the result has them, else they are summed over. */
function product(run: Run, a: Term, b: Term, output: readonly string[]): Value {
  const both = a.labels.filter((label) => b.labels.includes(label))
  const batch = both.filter((label) => output.includes(label))
  const inner = both.filter((label) => !output.includes(label))
  if (inner.length === 0) return multiply(run, [a, b], output)
  const [rows, columns] = [a, b].map(({ labels }) => labels.filter((label) => !both.includes(label))) as [
    string[],
    string[],
  ]
  const matrix = (term: Term, groups: readonly string[][]) =>
    run('Reshape', [order(run, term, groups.flat())], {
      shape: groups.map((g) => util.sizeFromShape(sizesOf(g, term))),
    })
  const c = run('BatchMatMul', [matrix(a, [batch, rows, inner]), matrix(b, [batch, inner, columns])])
  const shape = [...sizesOf(batch, a), ...sizesOf(rows, a), ...sizesOf(columns, b)]
  const value = run('Reshape', [c], { shape })
  return order(run, { value, labels: [...batch, ...rows, ...columns] }, output)
}

/** Sums of products of one or two tensors, by labels of axes: matrix products, where axes of both are summed over. */
export const einsumKernels: Kernels = {
  Einsum: composed('list', (run, operand, given) => {
    const values = (given.names as string[]).map((name) => operand(name) as Value)
    const equation = (given.equation as string).replace(/\s/g, '')
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, values.length)
    backend_util.checkEinsumDimSizes(allDims.length, idDims, values as never)
    const [left, right] = equation.split('->') as [string, string]
    const output = [...right]
    const terms = left.split(',').map((labels, i): Term => ({ value: values[i] as Value, labels: [...labels] }))
    const [a, b] = terms.map((term, i) =>
      sumAway(run, term, [...output, ...terms.flatMap((other, j) => (i === j ? [] : other.labels))]),
    ) as [Term, Term?]
    return b ? product(run, a, b, output) : order(run, a, output)
  }),
}
