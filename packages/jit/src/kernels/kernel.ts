import { CascadeError } from '@cascade-diffusion/checks'
import type { Attributes, GraphBuilder, TensorType, Value } from '../graph/graph.ts'
import type { Rule } from '../lower/lowering.ts'

/** What the tracer knows of a kernel: the types of its results, and how it becomes ONNX. */
export interface Kernel {
  /** The names under which tfjs hands over the inputs, in the order of the node's; `list` if they come as a list. Some may be left out. */
  readonly inputs: readonly string[] | 'list'
  /** Whether tfjs expects a list of results, even of one. */
  readonly returnsList?: true
  /**
   * The attributes that matter, brought into one form. By default all of them, as they came.
   * @param names of the inputs that are there.
   */
  attributes?(given: Attributes, inputs: readonly TensorType[], names: readonly string[]): Attributes
  /** The types of the results. Throws if the kernel cannot be expressed with these attributes. */
  infer(inputs: readonly TensorType[], attributes: Attributes): readonly TensorType[]
  /** A value that is already there and equals the result, or a simpler way to it. */
  simplify?(inputs: readonly Value[], attributes: Attributes, builder: GraphBuilder): Value | undefined
  readonly lower: Rule
}

/** Records a call of a kernel, or what is simpler, and gives its results. */
export function call(
  builder: GraphBuilder,
  op: string,
  kernel: Kernel,
  inputs: readonly Value[],
  given: Attributes,
  names: readonly string[] = [],
): readonly [Value, ...Value[]] {
  const attributes = kernel.attributes?.(given, inputs, names) ?? given
  const simpler = kernel.simplify?.(inputs, attributes, builder)
  return simpler ? [simpler] : builder.record(op, inputs, attributes, kernel.infer(inputs, attributes))
}

export type Kernels = Readonly<Record<string, Kernel>>

/** An attribute that is one number or several, as several. */
export const list = (value: unknown): number[] =>
  value === undefined || value === null
    ? []
    : ArrayBuffer.isView(value) || Array.isArray(value)
      ? Array.from(value as number[])
      : [value as number]

/** Axes counted from the front, in order; all of them if none are named. @throws on an axis that there is not. */
export function axesOf(value: unknown, rank: number): number[] {
  if (value === undefined || value === null) return Array.from({ length: rank }, (_, i) => i)
  const axes = list(value).map((axis) => (axis < 0 ? axis + rank : axis))
  if (!axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank))
    throw new CascadeError('input', `expected axes of the ${rank} there are, got ${value}`)
  return axes.sort((a, b) => a - b)
}

/** The first of an operation's operands; tracing has checked that it is there. */
export const first = <T>(values: readonly T[]): T => values[0] as T

export const sameShape = (a: readonly number[], b: readonly number[]): boolean => String(a) === String(b)
