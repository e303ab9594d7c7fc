import { bool, call, type Examples, examples, float } from './example.ts'

const named = (names: readonly string[], of: Examples): Record<string, Examples> =>
  Object.fromEntries(names.map((name) => [name, of]))

const one = call([[2, 3]])
const two = call([
  [2, 3],
  [4, 1, 3],
])

const unary = (types: string, ...names: string[]) => named(names, examples(types, one))
const binary = (types: string, ...names: string[]) => named(names, examples(types, two))

/** Kernels that go element by element. */
export const elementwiseExamples: Readonly<Record<string, Examples>> = {
  ...unary('fib', 'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Cos', 'Cosh', 'Elu', 'Erf', 'Exp'),
  ...unary('fib', 'Expm1', 'Floor', 'Identity', 'IsFinite', 'IsInf', 'IsNan', 'Log', 'Log1p', 'Neg', 'Reciprocal'),
  ...unary('fib', 'Relu', 'Relu6', 'Round', 'Rsqrt', 'Selu', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Sqrt'),
  ...unary('fib', 'Square', 'Step', 'Tan', 'Tanh'),
  ...unary('b', 'LogicalNot'),
  ...unary('f', 'Silu'),
  LeakyRelu: examples('fib', call([[2, 3]], { alpha: 0.2 })),
  ClipByValue: examples('fib', call([[2, 3]], { clipValueMin: -1, clipValueMax: 2 })),
  Cast: examples('fib', ...['float32', 'int32', 'bool'].map((dtype) => call([[2, 3]], { dtype }))),
  ...binary('fib', 'Add', 'Atan2', 'Equal', 'FloorDiv', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'Maximum'),
  ...binary('fib', 'Minimum', 'Mod', 'Multiply', 'NotEqual', 'Pow', 'Prelu', 'RealDiv', 'SquaredDifference', 'Sub'),
  ...binary('i', 'BitwiseAnd'),
  ...binary('b', 'LogicalAnd', 'LogicalOr', 'LogicalXor'),
  ...named(
    ['EluGrad', 'SiluGrad'],
    examples(
      'f',
      call([
        [2, 3],
        [2, 3],
      ]),
    ),
  ),
  AddN: examples(
    'fib',
    call([
      [2, 3],
      [2, 3],
      [2, 3],
    ]),
  ),
  Select: examples('fib', call([bool(2, 3), [2, 3], [2, 3]])),
  Complex: examples(
    'f',
    call([
      [2, 3],
      [2, 3],
    ]),
  ),
  Real: examples('f', call([float(2, 3), float(2, 3)])),
  Imag: examples('f', call([float(2, 3), float(2, 3)])),
  ComplexAbs: examples('f', call([float(2, 3), float(2, 3)])),
}
