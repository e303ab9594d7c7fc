import type { DType } from '@cascade-diffusion/arrays'
import { upcastType } from '@tensorflow/tfjs-core'
import { splatValue, type TensorType, type Value } from '../../graph/graph.ts'
import { physicalShape } from '../../lower/layout.ts'
import type { Physical } from '../../lower/lowering.ts'
import { byParts, onComplex } from '../complex.ts'
import { follows, type HalfRule } from '../half.ts'
import { first, type Kernel, type Kernels, sameShape } from '../kernel.ts'
import { aligned, preferredLayout } from './align.ts'
import { binary, broadcast, type ElementTypes, type Emit, elementwise, type Facts, numeric } from './elementwise.ts'
import { LARGEST } from './not-a-number.ts'
import { silu } from './unary.ts'

const comparison: Facts = { takes: ['float32', 'int32'], yields: 'bool', half: follows }
const logical: ElementTypes = { takes: ['bool'], yields: 'bool' }
/** ONNX Runtime's int32 division by 0 ends the process. */
const divisible: ElementTypes = { takes: ['float32', 'float64'] }

/** Whether `x` has the shape to which both operands broadcast. */
const covers = (x: Value, other: Value) => sameShape(x.shape, broadcast([x, other]))

/** An operand, if the other one is the operation's neutral element. */
const neutral =
  (value: number, sides: 'both' | 'right'): NonNullable<Kernel['simplify']> =>
  (inputs) => {
    const [a, b] = inputs as [Value, Value]
    if (splatValue(b) === value && covers(a, b)) return a
    if (sides === 'both' && splatValue(a) === value && covers(b, a)) return b
    return undefined
  }

/** The remainder with the sign of the divisor. ONNX's has the sign of the dividend. */
const floorMod: Emit = (l, operands, s, { dtype }) => {
  const [, b] = operands as [Physical, Physical]
  const rest = l.op('Mod', operands, s, { fmod: 1 })
  const differ = l.op('Less', [l.op('Mul', [rest, b], s), l.scalar(0, dtype)], s)
  return l.op('Where', [differ, l.op('Add', [rest, b], s), rest], s)
}

/**
 * The angle of (x, y), from atan(|y| / |x|), since ONNX has no atan2. Infinite coordinates count as the largest finite
 * number.
 */
const angle: Emit = (l, operands, s) => {
  const [y, x] = operands as [Physical, Physical]
  const zero = l.scalar(0)
  const length = (side: Physical) => {
    const shape = side.shape
    return l.op('Min', [l.op('Abs', [side], shape), l.scalar(LARGEST)], shape)
  }
  const [high, wide] = [length(y), length(x)]
  const flat = l.op('Equal', [high, zero], y.shape)
  const steep = l.op('Atan', [l.op('Div', [high, wide], s)], s)
  // 0, or NaN if x is NaN.
  const level = l.op('Mul', [wide, zero], x.shape)
  const acute = l.op('Where', [flat, level, steep], s)
  const obtuse = l.op('Sub', [l.scalar(Math.PI), acute], s)
  const upper = l.op('Where', [l.op('Less', [x, zero], x.shape), obtuse, acute], s)
  return l.op('Where', [l.op('Less', [y, zero], y.shape), l.op('Neg', [upper], s), upper], s)
}

/** Follows its operands, except that squares compute in 32 bits: from 256 on they leave the range of float16. */
const halfProduct: HalfRule = {
  computes: (node, ...rest) => node.inputs[0] !== node.inputs[1] && follows.computes(node, ...rest),
}

/** (a + bi)(c + di) = (ac − bd) + (ad + bc)i. */
const complexProduct = onComplex(({ run }, x, y) => {
  const times = (a: Value, b: Value) => run('Multiply', [a, b])[0]
  return {
    real: run('Sub', [times(x.real, y.real), times(x.imag, y.imag)])[0],
    imag: run('Add', [times(x.real, y.imag), times(x.imag, y.real)])[0],
  }
})

/** Kernels of two or more operands, element by element. */
export const binaryKernels: Kernels = {
  Add: { ...binary('Add', { ...numeric, half: follows, complex: byParts }), simplify: neutral(0, 'both') },
  Sub: { ...binary('Sub', { ...numeric, half: follows, complex: byParts }), simplify: neutral(0, 'right') },
  Multiply: {
    ...binary('Mul', { ...numeric, half: halfProduct, complex: complexProduct }),
    simplify: neutral(1, 'both'),
  },
  RealDiv: { ...binary('Div', { half: follows }), simplify: neutral(1, 'right') },
  FloorDiv: {
    ...binary((l, operands, s) => l.op('Floor', [l.op('Div', operands, s)], s), divisible),
    infer: (operands) => [{ shape: broadcast(operands), dtype: 'int32' }],
  },
  Mod: binary(floorMod, divisible),
  Atan2: binary(angle),
  BitwiseAnd: binary('BitwiseAnd', { takes: ['int32'] }),
  Maximum: binary('Max', { ...numeric, half: follows }),
  Minimum: binary('Min', { ...numeric, half: follows }),
  Pow: { ...binary('Pow', numeric), simplify: neutral(1, 'right') },
  SquaredDifference: binary((l, operands, s) => {
    const d = l.op('Sub', operands, s)
    return l.op('Mul', [d, d], s)
  }, numeric),
  Equal: binary('Equal', { ...comparison, takes: ['float32', 'int32', 'bool'] }),
  NotEqual: binary((l, operands, s) => l.op('Not', [l.op('Equal', operands, s)], s), {
    ...comparison,
    takes: ['float32', 'int32', 'bool'],
  }),
  Greater: binary('Greater', comparison),
  GreaterEqual: binary('GreaterOrEqual', comparison),
  Less: binary('Less', comparison),
  LessEqual: binary('LessOrEqual', comparison),
  LogicalAnd: binary('And', logical),
  LogicalOr: binary('Or', logical),
  LogicalXor: binary('Xor', logical),
  Prelu: {
    ...binary(
      (l, operands, s) => {
        const [x, alpha] = operands as [Physical, Physical]
        return l.op('Where', [l.op('Less', [x, l.scalar(0)], x.shape), l.op('Mul', [x, alpha], s), x], s)
      },
      { yields: 'float32', half: follows },
    ),
    inputs: ['x', 'alpha'],
  },

  /** dx = dy where x ≥ 0, else dy eˣ = dy (y + 1). */
  EluGrad: {
    ...binary((l, operands, s) => {
      const [dy, y] = operands as [Physical, Physical]
      const slope = l.op('Add', [l.op('Min', [y, l.scalar(0)], s), l.scalar(1)], s)
      return l.op('Mul', [dy, slope], s)
    }),
    inputs: ['dy', 'y'],
    half: follows,
  },

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
    half: follows,
  },

  AddN: {
    inputs: 'list',
    half: follows,
    complex: byParts,
    infer: (types) => [first(types)],
    // ONNX Runtime's Sum accepts float32 only.
    lower: elementwise(
      (l, operands, s, { dtype }) =>
        dtype === 'float32' ? l.op('Sum', operands, s) : operands.reduce((a, b) => l.op('Add', [a, b], s)),
      numeric,
    ),
  },

  Select: {
    inputs: ['condition', 't', 'e'],
    half: follows,
    infer: (types) => {
      const [, t, e] = types as [TensorType, TensorType, TensorType]
      return [{ shape: broadcast(types), dtype: upcastType(t.dtype, e.dtype) as DType }]
    },
    lower: (l, node) => {
      const out = first(node.outputs)
      const layout = preferredLayout(l, node.inputs, out.shape.length)
      const [condition, ...choices] = aligned(l, node.inputs, layout) as [Physical, Physical, Physical]
      // ONNX Runtime's Where does not accept booleans.
      const dtype = out.dtype === 'bool' ? 'int32' : out.dtype
      const [t, e] = choices.map((x, i) => l.cast(x, node.inputs[i + 1]?.dtype ?? dtype, dtype))
      const y = l.op('Where', [condition, t as Physical, e as Physical], physicalShape(out.shape, layout))
      l.set(out, l.cast(y, dtype, out.dtype), layout)
    },
  },
}
