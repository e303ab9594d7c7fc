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
  ...unary('fib', 'Abs', 'Identity', 'IsFinite', 'IsInf', 'IsNan'),
  ...unary(
    'fi',
    'Acos',
    'Acosh',
    'Asin',
    'Asinh',
    'Atan',
    'Atanh',
    'Ceil',
    'Cos',
    'Cosh',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
  ),
  ...unary('fi', 'Floor', 'Log', 'Log1p', 'Neg', 'Reciprocal', 'Relu', 'Relu6', 'Round', 'Rsqrt', 'Selu', 'Sigmoid'),
  ...unary('fi', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Square', 'Step', 'Tan', 'Tanh'),
  ...unary('b', 'LogicalNot'),
  ...unary('f', 'Silu'),
  LeakyRelu: examples('fi', call([[2, 3]], { alpha: 0.2 })),
  ClipByValue: examples('fi', call([[2, 3]], { clipValueMin: -1, clipValueMax: 2 })),
  Cast: examples('fib', ...['float32', 'int32', 'bool'].map((dtype) => call([[2, 3]], { dtype }))),
  ...binary(
    'fib',
    'Equal',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
    'Maximum',
    'Minimum',
    'Multiply',
    'NotEqual',
  ),
  ...binary('fi', 'Add', 'Atan2', 'FloorDiv', 'Mod', 'Pow', 'Prelu', 'RealDiv', 'SquaredDifference', 'Sub'),
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
    'fi',
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
