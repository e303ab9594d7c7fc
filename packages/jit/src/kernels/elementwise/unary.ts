import type { DType } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { splatValue, type TensorType } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { byParts, onComplex, zeros } from '../complex.ts'
import { follows } from '../half.ts'
import { first, type Kernels } from '../kernel.ts'
import { elementwise, numeric, unary } from './elementwise.ts'

/** x σ(x). */
export const silu = (l: Lowering, x: Physical): Physical =>
  l.target.contributed
    ? l.op('QuickGelu', [x], x.shape, { alpha: { float: 1 } }, 'com.microsoft')
    : l.op('Mul', [x, l.op('Sigmoid', [x], x.shape)], x.shape)

const SELU = { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }

/** A bound within the range of its type. */
const bounded = (value: number, dtype: string) =>
  dtype === 'int32' ? Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value)) : value

/** A cast to a real type keeps the real part only. */
const castComplex = onComplex(({ given, run, builder }, { real, imag }) => {
  if (given.dtype !== 'complex64') return run('Cast', [real], given)[0]
  const float = run('Cast', [real], { dtype: 'float32' })[0]
  return { real: float, imag: splatValue(imag) === 0 ? zeros(float, builder) : imag }
})

/** Kernels of one operand, element by element. */
export const unaryKernels: Kernels = {
  Abs: unary('Abs', { ...numeric, half: follows }),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu', { half: follows }),
  Erf: unary('Erf', { half: follows }),
  Exp: unary('Exp', { yields: 'float32' }),
  /** 2 exp(x/2) sinh(x/2), which does not cancel where x is small. Below −20 it is −1. */
  Expm1: unary((l, [x], s) => {
    const half = l.op('Mul', [l.op('Max', [x as Physical, l.scalar(-20)], s), l.scalar(0.5)], s)
    return l.op('Mul', [l.op('Mul', [l.op('Exp', [half], s), l.scalar(2)], s), l.op('Sinh', [half], s)], s)
  }),
  Floor: unary('Floor'),
  IsFinite: unary(
    (l, [x], s) => l.op('Less', [l.op('Abs', [x as Physical], s), l.scalar(Number.POSITIVE_INFINITY)], s),
    { yields: 'bool' },
  ),
  IsInf: unary('IsInf', { yields: 'bool' }),
  IsNan: unary('IsNaN', { yields: 'bool' }),
  Log: unary('Log'),
  /** 2 artanh(x / (2 + x)) below 1, where 1 + x would lose digits of x. */
  Log1p: unary((l, [x], s) => {
    const sum = (by: number) => l.op('Add', [x as Physical, l.scalar(by)], s)
    const ratio = l.op('Div', [x as Physical, sum(2)], s)
    const small = l.op('Mul', [l.op('Atanh', [ratio], s), l.scalar(2)], s)
    return l.op('Where', [l.op('Less', [x as Physical, l.scalar(1)], s), small, l.op('Log', [sum(1)], s)], s)
  }),
  LogicalNot: unary('Not', { takes: ['bool'], yields: 'bool' }),
  Neg: unary('Neg', { ...numeric, half: follows, complex: byParts }),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu', { ...numeric, half: follows }),
  Relu6: unary((l, [x], s) => l.op('Clip', [x as Physical, l.scalar(0), l.scalar(6)], s), { half: follows }),
  Round: unary('Round'),
  Rsqrt: unary((l, [x], s) => l.op('Reciprocal', [l.op('Sqrt', [x as Physical], s)], s)),
  Selu: unary((l, [x], s) => l.op('Selu', [x as Physical], s, SELU), { half: follows }),
  Sigmoid: unary('Sigmoid', { half: follows }),
  Sign: unary('Sign', { ...numeric, half: follows }),
  Silu: unary((l, [x]) => silu(l, x as Physical), { half: follows }),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Square: unary((l, [x], s) => l.op('Mul', [x as Physical, x as Physical], s), numeric),
  Tan: unary('Tan'),
  Tanh: unary('Tanh', { half: follows }),

  ClipByValue: {
    ...unary(
      // Max and Min keep NaN, as tfjs does. Bounds may be infinite.
      (l, [x], s, { min, max, dtype }) => {
        const [low, high] = [min, max].map((bound) => l.scalar(bounded(bound, dtype), dtype))
        return l.op('Min', [l.op('Max', [x as Physical, low as Physical], s), high as Physical], s)
      },
      { ...numeric, half: follows },
    ),
    attributes: (given) => ({ min: given.clipValueMin, max: given.clipValueMax }),
  },

  LeakyRelu: {
    ...unary((l, [x], s, { alpha }) => l.op('LeakyRelu', [x as Physical], s, { alpha: { float: alpha } }), {
      yields: 'float32',
      half: follows,
    }),
    attributes: (given) => ({ alpha: given.alpha }),
  },

  Step: {
    ...unary(
      (l, [x], s, { alpha }) =>
        l.op('Where', [l.op('Greater', [x as Physical, l.scalar(0)], s), l.scalar(1), l.scalar(alpha)], s),
      { half: follows },
    ),
    attributes: (given) => ({ alpha: given.alpha ?? 0 }),
  },

  Identity: {
    inputs: ['x'],
    half: follows,
    complex: byParts,
    infer: ([x]) => [x as TensorType],
    simplify: ([x]) => x,
    lower: elementwise((_, [x]) => x as Physical, { takes: ['float32', 'int32', 'bool'] }),
  },

  Cast: {
    inputs: ['x'],
    complex: castComplex,
    attributes: (given) => ({ dtype: given.dtype }),
    infer: ([x], { dtype }) => {
      if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
        throw new CascadeError('input', `expected float32, int32 or bool, got ${dtype}`)
      return [{ shape: (x as TensorType).shape, dtype }]
    },
    simplify: ([x], { dtype }) => (x?.dtype === dtype ? x : undefined),
    lower: (l, node) => {
      const x = first(node.inputs)
      const placed = l.placed(x)
      l.set(first(node.outputs), l.cast(placed, x.dtype, node.attributes.dtype as DType), placed.layout)
    },
  },
}
