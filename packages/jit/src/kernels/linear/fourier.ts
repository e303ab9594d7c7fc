import { sizeOf } from '@cascade-diffusion/arrays'
import type { TensorType, Value } from '../../graph/graph.ts'
import { onComplex } from '../complex.ts'
import type { Kernel, Kernels } from '../kernel.ts'

/** A node's operands and results are the two parts of a complex tensor. */
const byPairs = onComplex(({ op, run }, { real, imag }) => {
  const [re, im] = run(op, [real, imag]) as [Value, Value]
  return { real: re, imag: im }
})

/** A discrete Fourier transform along the last axis of a complex tensor, which is two real ones while tracing. */
const transform = (inverse: 0 | 1): Kernel => ({
  inputs: ['input'],
  complex: byPairs,
  alwaysComplex: true,
  infer: ([real]) => [real as TensorType, real as TensorType],
  lower: (l, node) => {
    const { shape } = node.inputs[0] as Value
    const n = shape.at(-1) as number
    const rows = sizeOf(shape) / Math.max(1, n)
    const column = [rows, n, 1]
    const pair = [rows, n, 2]
    const parts = node.inputs.map((value) => l.reshape(l.at(value), column))
    const complex = l.op('Concat', parts, pair, { axis: 2 })
    const result = l.op('DFT', [complex], pair, { inverse })
    const names = l.ops('Split', [result, l.ints([1, 1])], 2, { axis: 2 })
    node.outputs.forEach((out, i) => {
      l.set(out, l.reshape({ name: names[i] as string, shape: column }, shape))
    })
  },
})

/** Fourier transforms. */
export const fourierKernels: Kernels = { FFT: transform(0), IFFT: transform(1) }
