import { type Attribute, type ElementType, elementTypes } from './model.ts'

/**
 * The facts of an ONNX operator that passes over whole models need. Whether a result may be written over an operand is
 * a fact of operators, not of tfjs's kernels: it is decided for a lowered model, in which a kernel has become several
 * operators, and kernels share operators. An operator that a rule emits for the first time is added as one line of the
 * table below.
 */
export interface Operator {
  /** The element type of a result; if missing, that of the first operand. */
  type?(
    operand: (index: number) => ElementType,
    attributes: Readonly<Record<string, Attribute>>,
    result: number,
  ): ElementType
  /**
   * What it does in a model of 16 bits. `never`: it computes in float32, because it adds up, leaves the range of 16
   * bits, or does not accept them. `moves`: it moves numbers, whatever their width. `any`: it accepts operands of any
   * type. If missing, it computes in 16 bits where its kernel allows that.
   */
  readonly half?: 'never' | 'moves' | 'any'
  /** Whether ONNX Runtime's CUDA provider and operator set 18 have it for bfloat16. */
  readonly bfloat16?: true
  /**
   * Whether it may write its result over an operand of the same shape: it reads each element before it writes the same
   * one.
   */
  readonly inPlace?: true
  /**
   * Whether each element of its result depends on one element of each operand. If this holds for several operators, it
   * holds for the one into which ONNX Runtime's optimiser may fuse them.
   */
  readonly numberwise?: true
  /** Whether its result may share the memory of its first operand. */
  readonly view?: true
}

type TypeRule = NonNullable<Operator['type']>

const truth: TypeRule = () => 'bool'
const index: TypeRule = () => 'int64'
const second: TypeRule = (operand) => operand(1)
const withIndices: TypeRule = (operand, _, result) => (result === 0 ? operand(0) : 'int64')

const coded = new Map(Object.entries(elementTypes).map(([name, code]) => [code as number, name as ElementType]))

const cast: TypeRule = (_, { to }) => coded.get(to as number) as ElementType

/** Every operator that rules, models for any batch size, and engines emit, by its type. */
export const operators: Readonly<Record<string, Operator>> = {
  Abs: { numberwise: true },
  Acos: {},
  Acosh: {},
  Add: { bfloat16: true, inPlace: true, numberwise: true },
  And: { type: truth },
  ArgMax: { type: index },
  ArgMin: { type: index },
  Asin: {},
  Asinh: {},
  Atan: {},
  Atanh: {},
  BitwiseAnd: {},
  Cast: { type: cast, half: 'any', bfloat16: true, numberwise: true },
  Ceil: {},
  Clip: { numberwise: true },
  Concat: { bfloat16: true },
  Conv: {},
  ConvTranspose: {},
  Cos: {},
  Cosh: {},
  CumSum: { half: 'never' },
  DFT: { half: 'never' },
  Div: { bfloat16: true, inPlace: true, numberwise: true },
  Elu: {},
  Equal: { type: truth },
  Erf: {},
  Exp: { half: 'never', numberwise: true },
  Expand: { half: 'moves', bfloat16: true, numberwise: true },
  Floor: {},
  FusedMatMul: {},
  Gather: { half: 'moves', bfloat16: true },
  GatherElements: {},
  Greater: { type: truth },
  GreaterOrEqual: { type: truth },
  Identity: { half: 'moves', bfloat16: true, numberwise: true, view: true },
  InstanceNormalization: {},
  IsInf: { type: truth, half: 'never' },
  IsNaN: { type: truth },
  LeakyRelu: {},
  Less: { type: truth },
  LessOrEqual: { type: truth },
  Log: { half: 'never', numberwise: true },
  LogSoftmax: { half: 'never' },
  MatMul: { bfloat16: true },
  Max: { bfloat16: true, numberwise: true },
  MaxPool: { type: withIndices },
  Min: { bfloat16: true, numberwise: true },
  Mod: {},
  Mul: { bfloat16: true, inPlace: true, numberwise: true },
  Neg: { bfloat16: true, numberwise: true },
  NonMaxSuppression: { type: index, half: 'never' },
  Not: { type: truth },
  Or: { type: truth },
  Pad: {},
  Pow: { half: 'never', numberwise: true },
  QuickGelu: {},
  Range: { half: 'never' },
  Reciprocal: { half: 'never', numberwise: true },
  ReduceMax: {},
  ReduceMean: { half: 'never' },
  ReduceMin: {},
  ReduceProd: { half: 'never' },
  ReduceSum: { half: 'never' },
  Relu: { bfloat16: true, numberwise: true },
  Reshape: { half: 'moves', bfloat16: true, numberwise: true, view: true },
  Round: {},
  ScatterElements: {},
  Selu: {},
  SequenceConstruct: {},
  SequenceEmpty: {},
  Shape: { type: index, half: 'any' },
  Sigmoid: { bfloat16: true, numberwise: true },
  Sign: {},
  Sin: {},
  Sinh: {},
  Slice: { half: 'moves', bfloat16: true },
  Softmax: { half: 'never' },
  Softplus: { half: 'never' },
  Split: { half: 'moves', bfloat16: true },
  Sqrt: { half: 'never', numberwise: true },
  Sub: { bfloat16: true, inPlace: true, numberwise: true },
  Sum: {},
  Tan: {},
  Tanh: { numberwise: true },
  Tile: { half: 'moves' },
  TopK: { type: withIndices },
  Transpose: { half: 'moves', bfloat16: true },
  Where: { type: second, numberwise: true },
  Xor: { type: truth },
}

const unknown: Operator = {}

/** The facts of an operator; none for an operator that is not in the table. */
export const operatorOf = (opType: string): Operator => operators[opType] ?? unknown
