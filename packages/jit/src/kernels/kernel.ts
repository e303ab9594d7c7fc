import { CascadeError } from '@cascade-diffusion/checks'
import type { Attributes, GraphBuilder, TensorType, Value } from '../graph/graph.ts'
import type { Rule } from '../lower/lowering.ts'
import type { ComplexRule } from './complex.ts'
import type { HalfRule } from './half.ts'

/**
 * All that jit knows of a kernel. Its name, tfjs's or that of `@cascade-diffusion/ops`, is its key among {@link Kernels}. A kernel
 * is added as one such object, in the record of its family or in a new one, which is one line of `table.ts`.
 * Whether a result may be written over an operand is no fact of a kernel but of the ONNX operators that it is lowered to:
 * see `onnx/operators.ts`.
 */
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

/** What kernels that are always recorded as calls of others have for `infer` and `lower`. */
export const notRecorded = (): never => {
  throw new CascadeError('internal', 'only its parts are recorded')
}

/** Kernels by name. */
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
