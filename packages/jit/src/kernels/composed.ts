import type { GraphBuilder, Value } from '../graph/graph.ts'
import { binaryKernels } from './binary.ts'
import { convolutionKernels } from './convolution/kernels.ts'
import { call, first, type Kernel, type Kernels } from './kernel.ts'
import { matMulKernels } from './matmul.ts'
import { unaryKernels } from './unary.ts'

const parts: Kernels = { ...unaryKernels, ...binaryKernels, ...matMulKernels, ...convolutionKernels }

/** Calls a kernel on values of the graph. */
type Run = (op: string, operands: readonly Value[], attributes?: object) => Value

/** A kernel that is recorded as calls of others. */
const composed = (
  inputs: readonly string[],
  compose: (
    run: Run,
    operand: (name: string) => Value | undefined,
    given: Record<string, unknown>,
    builder: GraphBuilder,
  ) => Value,
): Kernel => ({
  inputs,
  attributes: (given, _, names) => ({ ...given, names }),
  simplify: (values, attributes, builder) => {
    const names = attributes.names as string[]
    const run: Run = (op, operands, given = {}) =>
      first(call(builder, op, parts[op] as Kernel, operands, given as Record<string, unknown>))
    return compose(run, (name) => values[names.indexOf(name)], attributes, builder)
  },
  infer: notRecorded,
  lower: notRecorded,
})

const notRecorded = () => {
  throw new Error('only its parts are recorded')
}

/** tfjs's names for activations, and their kernels. */
const activations: Readonly<Record<string, string>> = {
  ...{ relu: 'Relu', relu6: 'Relu6', elu: 'Elu', sigmoid: 'Sigmoid', leakyrelu: 'LeakyRelu', prelu: 'Prelu' },
}

/** A product or convolution with a bias and an activation. */
const fused = (op: string, names: readonly [string, string]): Kernel =>
  composed([...names, 'bias', 'preluActivationWeights'], (run, operand, given) => {
    const product = run(
      op,
      names.map((name) => operand(name) as Value),
      given,
    )
    const bias = operand('bias')
    const y = bias ? run('Add', [product, bias]) : product
    const activation = given.activation as string | undefined
    if (!activation || activation === 'linear') return y
    const kernel = activations[activation]
    if (!kernel) throw new Error(`expected an activation of ${Object.keys(activations)}, got ${activation}`)
    const weights = operand('preluActivationWeights')
    return run(kernel, kernel === 'Prelu' && weights ? [y, weights] : [y], { alpha: given.leakyreluAlpha })
  })

/** Kernels that are recorded as calls of others. */
export const composedKernels: Kernels = {
  _FusedMatMul: fused('BatchMatMul', ['a', 'b']),
  FusedConv2D: fused('Conv2D', ['x', 'filter']),
  /** (x − mean) / √(variance + ε) · scale + offset. */
  FusedBatchNorm: composed(['x', 'scale', 'offset', 'mean', 'variance'], (run, operand, given, builder) => {
    const [x, mean, variance] = ['x', 'mean', 'variance'].map(operand) as [Value, Value, Value]
    const epsilon = builder.splat(given.varianceEpsilon as number, [], 'float32')
    const inverse = run('Rsqrt', [run('Add', [variance, epsilon])])
    const scale = operand('scale')
    const offset = operand('offset')
    const y = run('Multiply', [run('Sub', [x, mean]), scale ? run('Multiply', [inverse, scale]) : inverse])
    return offset ? run('Add', [y, offset]) : y
  }),
}
