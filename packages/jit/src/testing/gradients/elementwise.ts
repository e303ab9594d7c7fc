import { silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { at, type GradientExample, type GradientExamples, range, run } from './example.ts'

type One = (x: tf.Tensor) => tf.Tensor
type Two = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

const anywhere = (op: One) => [at(op, [2, 5])]
const between = (low: number, high: number, op: One) => [at(op, range(low, high, 2, 5))]
const float = (x: tf.Tensor) => tf.cast(x, 'float32')

/** Shapes of two operands that broadcast: alike, vectors, numbers, and axes of length 1 on either side. */
const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [[2, 3], []],
  [[], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 2, 1, 3],
    [2, 1, 1, 3],
  ],
  [[3], [2, 2, 1, 3]],
]

/** An operation of two operands in all pairs of shapes that broadcast; the second between bounds. */
const pairs = (
  op: Two,
  [low, high]: readonly [number, number] = [-2, 2],
  first: readonly [number, number] = [-2, 2],
): GradientExample[] => shapes.map(([a, b]) => at(op, range(...first, ...a), range(low, high, ...b)))

/** What is chosen by a comparison of what it depends on. */
const choice = (compare: Two) => pairs((a, b) => tf.where(compare(a, b), tf.mul(a, b), tf.sub(a, b)))

const logical = (join: Two) => pairs((a, b) => tf.where(join(tf.greater(a, 0), tf.greater(b, 0)), tf.mul(a, b), a))

const selected = [
  ...choice(tf.greater),
  at((a, b) => tf.where(tf.tensor1d([1, 0, 1], 'bool'), a, b), [2, 3], [2, 3]),
  at((a, b) => tf.where(tf.tensor2d([[1], [0]], [2, 1], 'bool'), a, b), [2, 3], [3]),
  // A division that is not chosen.
  at((x) => tf.divNoNan(x, tf.tensor1d([0, 2, 0])), [2, 3]),
  at((x) => tf.divNoNan(tf.scalar(6), x), range(0.5, 2, 4)),
]

/** Operations that go element by element. */
export const elementwiseGradients: GradientExamples = {
  Abs: anywhere(tf.abs),
  Acos: between(-0.9, 0.9, tf.acos),
  Acosh: between(1.2, 3, tf.acosh),
  Add: pairs(tf.add),
  AddN: [at((a, b, c) => tf.addN([a, b, c]), [2, 3], [2, 3], [2, 3])],
  Asin: between(-0.9, 0.9, tf.asin),
  Asinh: anywhere(tf.asinh),
  Atan: anywhere(tf.atan),
  Atan2: pairs(tf.atan2),
  Atanh: between(-0.9, 0.9, tf.atanh),
  BitwiseAnd: [at((x) => float(tf.bitwiseAnd(tf.cast(x, 'int32'), tf.fill([2, 3], 1, 'int32'))), [2, 3])],
  Cast: [at((x) => float(tf.cast(x, 'int32')), [2, 3]), at((x) => tf.mul(x, float(tf.cast(x, 'bool'))), [2, 3])],
  Ceil: anywhere(tf.ceil),
  ClipByValue: [...anywhere((x) => tf.clipByValue(x, -1, 1.5)), ...anywhere((x) => tf.clipByValue(x, 0, Infinity))],
  Cos: anywhere(tf.cos),
  Cosh: anywhere(tf.cosh),
  Elu: anywhere(tf.elu),
  Equal: choice(tf.equal),
  Erf: anywhere(tf.erf),
  Exp: anywhere(tf.exp),
  Expm1: anywhere(tf.expm1),
  Floor: anywhere(tf.floor),
  FloorDiv: pairs((a, b) => float(tf.floorDiv(a, b))),
  Greater: choice(tf.greater),
  GreaterEqual: choice(tf.greaterEqual),
  Identity: anywhere(tf.clone),
  IsFinite: anywhere((x) => tf.where(tf.isFinite(x), tf.mul(x, x), x)),
  IsInf: anywhere((x) => tf.where(tf.isInf(x), x, tf.mul(x, x))),
  IsNan: anywhere((x) => tf.where(tf.isNaN(x), x, tf.mul(x, x))),
  LeakyRelu: anywhere((x) => tf.leakyRelu(x, 0.1)),
  Less: choice(tf.less),
  LessEqual: choice(tf.lessEqual),
  Log: between(0.2, 3, tf.log),
  Log1p: between(-0.6, 2, tf.log1p),
  LogicalAnd: logical(tf.logicalAnd as Two),
  LogicalNot: anywhere((x) => tf.where(tf.logicalNot(tf.greater(x, 0)), tf.mul(x, x), x)),
  LogicalOr: logical(tf.logicalOr as Two),
  LogicalXor: pairs((a, b) => tf.where(tf.logicalXor(tf.greater(a, 0), tf.greater(b, 0)), tf.mul(a, b), a)).map(
    (example) => ({
      ...example,
      kernel: (a, b) => tf.where(run('LogicalXor', { a: tf.greater(a, 0), b: tf.greater(b, 0) }, {}), tf.mul(a, b), a),
    }),
  ),
  Maximum: pairs(tf.maximum),
  Minimum: pairs(tf.minimum),
  Mod: pairs(tf.mod, [0.4, 0.9]),
  Multiply: pairs(tf.mul),
  Neg: anywhere(tf.neg),
  NotEqual: choice(tf.notEqual),
  OnesLike: anywhere((x) => tf.mul(x, tf.onesLike(x))),
  Pow: [...pairs(tf.pow, [-1.5, 2.5], [0.3, 2]), at((x) => tf.pow(x, 3), [2, 3]), at((x) => tf.pow(x, -2), [2, 3])],
  Prelu: [at(tf.prelu, [2, 3], [2, 3]), at(tf.prelu, [2, 3], [3]), at(tf.prelu, [2, 2, 3], [2, 1, 1])],
  RealDiv: [...pairs(tf.div, [0.4, 2]), ...pairs(tf.div, [-2, -0.4])],
  Reciprocal: [...between(0.4, 2, tf.reciprocal), ...between(-2, -0.4, tf.reciprocal)],
  Relu: anywhere(tf.relu),
  Relu6: between(-3, 9, tf.relu6),
  Round: anywhere(tf.round),
  Rsqrt: between(0.3, 3, tf.rsqrt),
  Select: selected,
  Selu: anywhere(tf.selu),
  Sigmoid: anywhere(tf.sigmoid),
  Sign: anywhere(tf.sign),
  Silu: anywhere(silu),
  Sin: anywhere(tf.sin),
  Sinh: anywhere(tf.sinh),
  Softplus: anywhere(tf.softplus),
  Sqrt: between(0.2, 3, tf.sqrt),
  Square: anywhere(tf.square),
  SquaredDifference: pairs(tf.squaredDifference),
  Step: [...anywhere(tf.step), ...anywhere((x) => tf.step(x, 0.5))],
  Sub: pairs(tf.sub),
  Tan: between(-1.2, 1.2, tf.tan),
  Tanh: anywhere(tf.tanh),
  ZerosLike: anywhere((x) => tf.add(x, tf.zerosLike(x))),
}
