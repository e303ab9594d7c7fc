import { CascadeError } from '@cascade-diffusion/checks'
import type { Value } from '../../graph/graph.ts'
import { composer } from '../compose.ts'
import { depthwiseKernels } from '../convolution/depthwise.ts'
import { convolutionKernels } from '../convolution/kernels.ts'
import { binaryKernels } from '../elementwise/binary.ts'
import { unaryKernels } from '../elementwise/unary.ts'
import type { Kernel, Kernels } from '../kernel.ts'
import { matMulKernels } from '../linear/matmul.ts'

const composed = composer({
  ...unaryKernels,
  ...binaryKernels,
  ...matMulKernels,
  ...convolutionKernels,
  ...depthwiseKernels,
})

/** tfjs's names for activations, and their kernels. */
const activations: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
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
    if (!kernel)
      throw new CascadeError('input', `expected an activation of ${Object.keys(activations)}, got ${activation}`)
    const weights = operand('preluActivationWeights')
    return run(kernel, kernel === 'Prelu' && weights ? [y, weights] : [y], { alpha: given.leakyreluAlpha })
  })

/** Layers that tfjs has as one kernel, recorded as their parts. */
export const composedKernels: Kernels = {
  _FusedMatMul: fused('BatchMatMul', ['a', 'b']),
  FusedConv2D: fused('Conv2D', ['x', 'filter']),
  FusedDepthwiseConv2D: fused('DepthwiseConv2dNative', ['x', 'filter']),
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
