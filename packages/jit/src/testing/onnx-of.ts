import { flatten } from '@cascade-diffusion/arrays'
import { lower } from '../compile/lower.ts'
import type { Graph, TensorType } from '../graph/graph.ts'
import type { Target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { trace } from '../trace/trace.ts'

// biome-ignore lint/suspicious/noExplicitAny: functions of any number of tensors
type Fn = (...args: any[]) => unknown

/** The graph of a function of float32 tensors of these shapes. */
export function graphOf(fn: Fn, shapes: readonly (readonly number[])[]): Graph {
  const types: TensorType[] = shapes.map((shape) => ({ shape, dtype: 'float32' }))
  const { shape } = flatten<TensorType>(types, (x): x is TensorType => types.includes(x as TensorType))
  return trace(fn, types, shape).graph
}

/** The ONNX model of a function of float32 tensors of these shapes. */
export const onnxOf = (target: Target, fn: Fn, shapes: readonly (readonly number[])[]): OnnxModel =>
  lower(graphOf(fn, shapes), target)
