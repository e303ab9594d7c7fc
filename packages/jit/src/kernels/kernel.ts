import { CascadeError } from '@cascade-diffusion/checks'
import type { Attributes, GraphBuilder, TensorType, Value } from '../graph/graph.ts'
import type { Rule } from '../lower/lowering.ts'
import type { ComplexRule } from './complex.ts'
import type { HalfRule } from './half.ts'

/**
 * All facts of a kernel. Its key in {@link Kernels} is its name in tfjs or `@cascade-diffusion/ops`. A kernel is added
 * as one such object, in the record of its family or in a new record, which is one line of `table.ts`. Whether a result
 * may be written over an operand is a fact of the ONNX operators that a kernel is lowered to: see `onnx/operators.ts`.
 */
export interface Kernel {
  /**
   * The names by which tfjs passes the inputs, in the order of a node's; `list` if it passes a list. Some may be
   * missing.
   */
  readonly inputs: readonly string[] | 'list'
  /** Whether tfjs expects a list of results, even of one. */
  readonly returnsList?: true
  /**
   * The attributes that matter, in a normal form. If missing, all of them as they are.
   * @param names of the inputs that are present.
   */
  attributes?(given: Attributes, inputs: readonly TensorType[], names: readonly string[]): Attributes
  /** The types of the results. @throws if the kernel cannot be expressed with these attributes. */
  infer(inputs: readonly TensorType[], attributes: Attributes): readonly TensorType[]
  /** A value that equals the result: one that exists already, or one that is recorded in a simpler way. */
  simplify?(inputs: readonly Value[], attributes: Attributes, builder: GraphBuilder): Value | undefined
  /** How its nodes become ONNX operators. */
  readonly lower: Rule
  /** Whether it may compute in 16 bits; if missing, it computes in 32. */
  readonly half?: HalfRule
  /** How calls with complex tensors are recorded; if missing, they are refused. */
  readonly complex?: ComplexRule
  /** Whether every call is recorded by `complex`: some operand or result is always complex. */
  readonly alwaysComplex?: true
  /** Whether a node takes one number for each channel of its result, to be added to it, as one more input. */
  readonly takesBias?: true
}

/** Records a call of a kernel, in a simpler way if there is one, and returns its results. */
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

/** For `infer` and `lower` of kernels that are always recorded as calls of others. */
export const notRecorded = (): never => {
  throw new CascadeError('internal', 'only its parts are recorded')
}

/** Kernels by name. */
export type Kernels = Readonly<Record<string, Kernel>>

/** An attribute that is one number or several, as an array. */
export const list = (value: unknown): number[] =>
  value === undefined || value === null
    ? []
    : ArrayBuffer.isView(value) || Array.isArray(value)
      ? Array.from(value as number[])
      : [value as number]

/** Axes counted from the front, in order; all axes if `value` is missing. @throws if an axis does not exist. */
export function axesOf(value: unknown, rank: number): number[] {
  if (value === undefined || value === null) return Array.from({ length: rank }, (_, i) => i)
  const axes = list(value).map((axis) => (axis < 0 ? axis + rank : axis))
  if (!axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank))
    throw new CascadeError('input', `expected axes of the ${rank} there are, got ${value}`)
  return axes.sort((a, b) => a - b)
}

/** The first of an operation's operands, which always exists. */
export const first = <T>(values: readonly T[]): T => values[0] as T

export const sameShape = (a: readonly number[], b: readonly number[]): boolean => String(a) === String(b)
