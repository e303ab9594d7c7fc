import { CascadeError } from '@cascade-diffusion/checks'
import { type GraphBuilder, splatValue, type Value } from '../graph/graph.ts'
import { call, type Kernel } from '../kernels/kernel.ts'
import { kernels } from '../kernels/table.ts'

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

/** A kernel's operands and attributes, and what it needs to make others. */
interface Call {
  readonly op: string
  readonly operands: readonly Traced[]
  readonly given: Readonly<Record<string, unknown>>
  readonly run: Run
  readonly builder: GraphBuilder
}

const zeros = ({ shape }: Value, builder: GraphBuilder) => builder.splat(0, shape, 'float32')

/** The same tensor with an imaginary part. */
const complex = (x: Traced, builder: GraphBuilder): Complex => (isComplex(x) ? x : { real: x, imag: zeros(x, builder) })

/** Real and imaginary parts go through the kernel each by themselves. */
const byParts = ({ op, operands, given, run, builder }: Call): Traced[] => {
  const all = operands.map((x) => (isComplex(x) || x.dtype === 'float32' ? complex(x, builder) : x))
  const part = (name: 'real' | 'imag') =>
    run(
      op,
      all.map((x) => (isComplex(x) ? x[name] : x)),
      name === 'imag' && 'constantValue' in given ? { ...given, constantValue: 0 } : given,
    )
  const imag = part('imag')
  return part('real').map((real, i) => ({ real, imag: imag[i] as Value }))
}

const one =
  (rule: (call: Call, x: Complex, y: Complex) => Traced) =>
  (call: Call): Traced[] => {
    const [x, y] = call.operands.map((operand) => complex(operand, call.builder)) as [Complex, Complex]
    return [rule(call, x, y)]
  }

const fourier = one(({ op, run }, { real, imag }) => {
  const [re, im] = run(op, [real, imag]) as [Value, Value]
  return { real: re, imag: im }
})

/** Those that are linear, or only move elements. */
const linear = [
  ...[
    'Identity',
    'Reshape',
    'ExpandDims',
    'Transpose',
    'Slice',
    'StridedSlice',
    'Reverse',
    'Tile',
    'PadV2',
    'MirrorPad',
  ],
  ...[
    'Concat',
    'Pack',
    'Unpack',
    'SplitV',
    'GatherV2',
    'GatherNd',
    'Add',
    'AddN',
    'Sub',
    'Neg',
    'Sum',
    'Mean',
    'ZerosLike',
  ],
]

/** What kernels do with complex tensors. */
const rules: Readonly<Record<string, (call: Call) => Traced[]>> = {
  ...Object.fromEntries(linear.map((op) => [op, byParts])),
  Complex: ({ operands: [real, imag] }) => [{ real: real as Value, imag: imag as Value }],
  Real: one((_, { real }) => real),
  Imag: one((_, { imag }) => imag),
  ComplexAbs: one(({ run }, { real, imag }) => {
    const squares = [real, imag].map((part) => run('Square', [part])[0])
    return run('Sqrt', run('Add', squares))[0]
  }),
  /** (a + bi)(c + di) = (ac − bd) + (ad + bc)i. */
  Multiply: one(({ run }, x, y) => {
    const times = (a: Value, b: Value) => run('Multiply', [a, b])[0]
    return {
      real: run('Sub', [times(x.real, y.real), times(x.imag, y.imag)])[0],
      imag: run('Add', [times(x.real, y.imag), times(x.imag, y.real)])[0],
    }
  }),
  /** To real numbers, only the real part is kept. */
  Cast: one(({ given, run, builder }, { real, imag }) => {
    if (given.dtype !== 'complex64') return run('Cast', [real], given)[0]
    const float = run('Cast', [real], { dtype: 'float32' })[0]
    return { real: float, imag: splatValue(imag) === 0 ? zeros(float, builder) : imag }
  }),
  FFT: fourier,
  IFFT: fourier,
}

/** The names of kernels that take or make complex tensors only. */
export const complexKernels: Readonly<Record<string, Pick<Kernel, 'inputs'>>> = {
  Complex: { inputs: ['real', 'imag'] },
  Real: { inputs: ['input'] },
  Imag: { inputs: ['input'] },
  ComplexAbs: { inputs: ['x'] },
  FFT: { inputs: ['input'] },
  IFFT: { inputs: ['input'] },
}

/** Records a call of a kernel with complex operands or results as calls with real ones; undefined if there are none. */
export function callComplex(
  builder: GraphBuilder,
  op: string,
  operands: readonly Traced[],
  given: Readonly<Record<string, unknown>>,
): Traced[] | undefined {
  if (!operands.some(isComplex) && !(op in complexKernels) && given.dtype !== 'complex64') return undefined
  const rule = rules[op]
  if (!rule)
    throw new CascadeError(
      'input',
      `expected real tensors, got complex ones, which ${Object.keys(rules).join(', ')} take`,
    )
  const run: Run = (name, values, attributes = {}) => {
    const names = (kernels[name] as Kernel).inputs
    const present = names === 'list' ? values.map((_, i) => `${i}`) : names.slice(0, values.length)
    return call(builder, name, kernels[name] as Kernel, values, attributes as Record<string, unknown>, present)
  }
  return rule({ op, operands, given, run, builder })
}
