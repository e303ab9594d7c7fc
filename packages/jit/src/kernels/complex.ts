import type { GraphBuilder, Value } from '../graph/graph.ts'

/** A complex tensor while tracing: two real ones of one shape. The graph has real numbers only. */
export interface Complex {
  readonly real: Value
  readonly imag: Value
}

/** What a tensor stands for while tracing. */
export type Traced = Value | Complex

export const isComplex = (x: Traced): x is Complex => 'imag' in x

/** Calls a kernel of real tensors. */
type Run = (op: string, operands: readonly Value[], attributes?: object) => readonly [Value, ...Value[]]

/** A call of a kernel, and what a rule needs to call other kernels. */
export interface ComplexCall {
  readonly op: string
  readonly operands: readonly Traced[]
  readonly given: Readonly<Record<string, unknown>>
  readonly run: Run
  readonly builder: GraphBuilder
}

/** Records a call with complex operands or results as calls with real ones, and returns its results. */
export type ComplexRule = (call: ComplexCall) => Traced[]

/** An imaginary part of zeros for a real tensor. */
export const zeros = ({ shape }: Value, builder: GraphBuilder): Value => builder.splat(0, shape, 'float32')

/** The same tensor with an imaginary part. */
const asComplex = (x: Traced, builder: GraphBuilder): Complex =>
  isComplex(x) ? x : { real: x, imag: zeros(x, builder) }

/**
 * Real and imaginary parts go through the kernel separately.
 * @param imaginary the attributes for the imaginary part.
 */
export const partwise =
  (imaginary: (given: ComplexCall['given']) => object): ComplexRule =>
  ({ op, operands, given, run, builder }) => {
    const all = operands.map((x) => (isComplex(x) || x.dtype === 'float32' ? asComplex(x, builder) : x))
    const part = (name: 'real' | 'imag', attributes: object) =>
      run(
        op,
        all.map((x) => (isComplex(x) ? x[name] : x)),
        attributes,
      )
    const imag = part('imag', imaginary(given))
    return part('real', given).map((real, i) => ({ real, imag: imag[i] as Value }))
  }

/** The rule of kernels that are linear or only move elements. */
export const byParts: ComplexRule = partwise((given) => given)

/** A rule for one or two operands, all of them complex, that gives one result. */
export const onComplex =
  (rule: (call: ComplexCall, x: Complex, y: Complex) => Traced): ComplexRule =>
  (call) => {
    const [x, y] = call.operands.map((operand) => asComplex(operand, call.builder)) as [Complex, Complex]
    return [rule(call, x, y)]
  }
