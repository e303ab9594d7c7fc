import { type DType, flatten } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import type { Graph, TensorType } from '../graph/graph.ts'
import { kernels } from '../kernels/table.ts'
import { trace } from '../trace/trace.ts'
import { elementwiseExamples } from './examples/elementwise.ts'
import type { Example, Examples } from './examples/example.ts'
import { layerExamples } from './examples/layers.ts'
import { shapeExamples } from './examples/shapes.ts'

/** The segments that rows belong to have to be known. */
const segments = { types: ['float32', 'int32'], calls: [{ inputs: [[4, 3], { shape: [5], dtype: 'int32' }] }] } as const

/** Calls of every kernel that can be traced, by its name. */
export const kernelExamples: Readonly<Record<string, Examples>> = {
  ...elementwiseExamples,
  ...shapeExamples,
  ...layerExamples,
  SparseSegmentSum: segments,
  SparseSegmentMean: segments,
}

/** Recorded by the tracer itself: tfjs has no such kernels. */
export const internalKernels: readonly string[] = ['Constant', 'Splat']

/** The names of the kernels that can be traced. */
export const tracedKernels: readonly string[] = Object.keys(kernels).filter((name) => !internalKernels.includes(name))

const isTensor = (x: unknown): x is tf.Tensor => x instanceof tf.Tensor

/** A function that calls the kernel and gives its results; complex ones as their two parts. */
function caller(name: string, { attributes }: Example, dtype: DType) {
  return (...tensors: tf.Tensor[]) => {
    const { inputs: names = [], alwaysComplex } = kernels[name] ?? {}
    const takesComplex = alwaysComplex && name !== 'Complex'
    const operands = takesComplex ? [tf.complex(tensors[0] as tf.Tensor, tensors[1] as tf.Tensor)] : tensors
    if (name.startsWith('SparseSegment')) operands.push(tf.tensor1d([0, 0, 1, 3, 3], 'int32'))
    const inputs = names === 'list' ? operands : Object.fromEntries(operands.map((x, i) => [names[i] as string, x]))
    // Without inputs, the attributes say the type.
    const given = { ...(operands.length === 0 && { dtype }), ...attributes }
    const results = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, given as never)
    return [results].flat().flatMap((y) => (isTensor(y) && y.dtype === 'complex64' ? [tf.real(y), tf.imag(y)] : [y]))
  }
}

/** The graph of a call of a kernel with operands of a type. */
export function graphOfExample(name: string, example: Example, dtype: DType): Graph {
  const types = example.inputs.map((input): TensorType => ('shape' in input ? input : { shape: input, dtype }))
  const { shape } = flatten<TensorType>(types, (x): x is TensorType => types.includes(x as TensorType))
  return trace(caller(name, example, dtype) as never, types, shape).graph
}
