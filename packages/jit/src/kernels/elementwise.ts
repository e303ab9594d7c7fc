import type { DType } from '@cascade-diffusion/arrays'
import { backend_util } from '@tensorflow/tfjs-core'
import { splatValue, type TensorType, type Value } from '../graph/graph.ts'
import { physicalShape } from '../lower/layout.ts'
import type { Lowering, Physical, Rule } from '../lower/lowering.ts'
import { aligned, preferredLayout } from './align.ts'
import { first, type Kernel, type Kernels } from './kernel.ts'

/** The attributes of the element-wise kernels that have any. */
interface Settings {
  readonly min: number
  readonly max: number
  readonly alpha: number
  readonly dtype: DType
}

/** Emits on operands that are aligned, and gives the result, of `shape` in memory. */
type Emit = (l: Lowering, operands: readonly Physical[], shape: readonly number[], attributes: Settings) => Physical

const broadcast = (types: readonly TensorType[]): number[] =>
  types.map((t) => [...t.shape]).reduce((a, b) => backend_util.assertAndGetBroadcastShape(a, b))

const elementwise =
  (emit: Emit): Rule =>
  (l, node) => {
    const out = first(node.outputs)
    const layout = preferredLayout(l, node.inputs, out.shape.length)
    const shape = physicalShape(out.shape, layout)
    l.set(out, emit(l, aligned(l, node.inputs, layout), shape, node.attributes as unknown as Settings), layout)
  }

/** An operator of ONNX on one operand, or on the operands' broadcast. */
const direct =
  (opType: string): Emit =>
  (l, operands, shape) =>
    l.op(opType, operands, shape)

const unary = (emit: Emit | string, dtype?: DType): Kernel => ({
  inputs: ['x'],
  attributes: () => ({}),
  infer: ([x]) => [{ shape: (x as TensorType).shape, dtype: dtype ?? (x as TensorType).dtype }],
  lower: elementwise(typeof emit === 'string' ? direct(emit) : emit),
})

type Simplify = NonNullable<Kernel['simplify']>

const binary = (emit: Emit | string, dtype?: DType, simplify?: Simplify): Kernel => ({
  inputs: ['a', 'b'],
  attributes: () => ({}),
  infer: (types) => [{ shape: broadcast(types), dtype: dtype ?? first(types).dtype }],
  ...(simplify && { simplify }),
  lower: elementwise(typeof emit === 'string' ? direct(emit) : emit),
})

const sameShape = (a: TensorType, b: TensorType) => String(a.shape) === String(b.shape)

/** Whether `x` alone has the shape of the two operands' broadcast. */
const covers = (x: Value, other: Value) => sameShape(x, { shape: broadcast([x, other]), dtype: x.dtype })

/** `x` where the other operand is the operation's neutral element. */
const neutral =
  (value: number, sides: 'both' | 'right'): Simplify =>
  (inputs) => {
    const [a, b] = inputs as [Value, Value]
    if (splatValue(b) === value && covers(a, b)) return a
    if (sides === 'both' && splatValue(a) === value && covers(b, a)) return b
    return undefined
  }

const silu = (l: Lowering, x: Physical): Physical =>
  l.target.contributed
    ? l.op('QuickGelu', [x], x.shape, { alpha: { float: 1 } }, 'com.microsoft')
    : l.op('Mul', [x, l.op('Sigmoid', [x], x.shape)], x.shape)

export const elementwiseKernels: Kernels = {
  Abs: unary('Abs'),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Expm1: unary((l, [x], s) => l.op('Sub', [l.op('Exp', [x as Physical], s), l.scalar(1)], s)),
  Floor: unary('Floor'),
  IsFinite: unary(
    (l, [x], s) => l.op('Less', [l.op('Abs', [x as Physical], s), l.scalar(Number.POSITIVE_INFINITY)], s),
    'bool',
  ),
  IsInf: unary('IsInf', 'bool'),
  IsNan: unary('IsNaN', 'bool'),
  Log: unary('Log'),
  Log1p: unary((l, [x], s) => l.op('Log', [l.op('Add', [x as Physical, l.scalar(1)], s)], s)),
  LogicalNot: unary('Not', 'bool'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Relu6: unary((l, [x], s) => l.op('Clip', [x as Physical, l.scalar(0), l.scalar(6)], s)),
  Round: unary('Round'),
  Rsqrt: unary((l, [x], s) => l.op('Reciprocal', [l.op('Sqrt', [x as Physical], s)], s)),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Silu: unary((l, [x]) => silu(l, x as Physical)),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Square: unary((l, [x], s) => l.op('Mul', [x as Physical, x as Physical], s)),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),

  Add: binary('Add', undefined, neutral(0, 'both')),
  Sub: binary('Sub', undefined, neutral(0, 'right')),
  Multiply: binary('Mul', undefined, neutral(1, 'both')),
  RealDiv: binary('Div', undefined, neutral(1, 'right')),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow', undefined, neutral(1, 'right')),
  SquaredDifference: binary((l, operands, s) => {
    const d = l.op('Sub', operands, s)
    return l.op('Mul', [d, d], s)
  }),
  Equal: binary('Equal', 'bool'),
  NotEqual: binary((l, operands, s) => l.op('Not', [l.op('Equal', operands, s)], s), 'bool'),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),

  /** dx = dy σ(x) (1 + x (1 − σ(x))) = dy (σ + y (1 − σ)), with the y that the forward pass made. */
  SiluGrad: {
    ...binary((l, operands, s) => {
      const [dy, x] = operands as [Physical, Physical]
      const sigmoid = l.op('Sigmoid', [x], s)
      const y = silu(l, x)
      const slope = l.op('Add', [sigmoid, l.op('Sub', [y, l.op('Mul', [y, sigmoid], s)], s)], s)
      return l.op('Mul', [dy, slope], s)
    }),
    inputs: ['dy', 'x'],
  },

  Identity: {
    inputs: ['x'],
    infer: ([x]) => [x as TensorType],
    simplify: ([x]) => x,
    lower: elementwise(direct('Identity')),
  },

  AddN: {
    inputs: 'list',
    infer: (types) => [first(types)],
    lower: elementwise(direct('Sum')),
  },

  ClipByValue: {
    inputs: ['x'],
    attributes: (a) => ({ min: a.clipValueMin, max: a.clipValueMax }),
    infer: ([x]) => [x as TensorType],
    // Max and Min let NaN through, as tfjs does; bounds may be infinite.
    lower: elementwise((l, [x], s, { min, max }) =>
      l.op('Min', [l.op('Max', [x as Physical, l.scalar(min)], s), l.scalar(max)], s),
    ),
  },

  LeakyRelu: {
    inputs: ['x'],
    attributes: (a) => ({ alpha: a.alpha }),
    infer: ([x]) => [x as TensorType],
    lower: elementwise((l, [x], s, { alpha }) => l.op('LeakyRelu', [x as Physical], s, { alpha: { float: alpha } })),
  },

  Step: {
    inputs: ['x'],
    attributes: (a) => ({ alpha: a.alpha ?? 0 }),
    infer: ([x]) => [x as TensorType],
    lower: elementwise((l, [x], s, { alpha }) =>
      l.op('Where', [l.op('Greater', [x as Physical, l.scalar(0)], s), l.scalar(1), l.scalar(alpha)], s),
    ),
  },

  Cast: {
    inputs: ['x'],
    attributes: (a) => ({ dtype: a.dtype }),
    infer: ([x], { dtype }) => {
      if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
        throw new Error(`expected float32, int32 or bool, got ${dtype}`)
      return [{ shape: (x as TensorType).shape, dtype }]
    },
    simplify: ([x], { dtype }) => (x?.dtype === dtype ? x : undefined),
    lower: elementwise((l, [x], s, { dtype }) =>
      l.op('Cast', [x as Physical], s, { to: { float32: 1, int32: 6, bool: 9 }[dtype] }),
    ),
  },

  Select: {
    inputs: ['condition', 't', 'e'],
    infer: (types) => [{ shape: broadcast(types), dtype: (types[1] as TensorType).dtype }],
    lower: elementwise(direct('Where')),
  },
}
