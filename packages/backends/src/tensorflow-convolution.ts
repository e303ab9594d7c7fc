import type * as Tfjs from '@tensorflow/tfjs-core'
import { runOp, type TensorFlowBackend } from './tensorflow-op.ts'

type Shape4D = [number, number, number, number]

interface ConvolutionAttrs {
  readonly strides: number | [number, number]
  readonly pad: 'valid' | 'same' | number | Tfjs.backend_util.ExplicitPadding
  readonly dataFormat?: 'NHWC' | 'NCHW'
  readonly dilations?: number | [number, number]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/**
 * `Conv2D` and its gradients for tfjs-node with any padding. Its own kernels refuse padding by a number of pixels,
 * which networks from PyTorch have and TensorFlow supports.
 */
export function convolutionKernels(tf: typeof Tfjs): Tfjs.KernelConfig[] {
  const opAttrs = (x: Shape4D, filter: Shape4D, attrs: ConvolutionAttrs) => {
    const { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode } = attrs
    const format = tf.backend_util.convertConv2DDataFormat(dataFormat)
    const info = (padding: ConvolutionAttrs['pad']) =>
      tf.backend_util.computeConv2DInfo(x, filter, strides, dilations, padding, dimRoundingMode, false, format)
    const { padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth } = info(pad)
    const sides = ({ top, bottom, left, right }: typeof padInfo) => [top, bottom, left, right]
    const outer = <T>(height: T, width: T, other: T[]): T[] =>
      dataFormat === 'NHWC' ? [...other, height, width, ...other] : [...other, ...other, height, width]
    const isSame = `${sides(padInfo)}` === `${sides(info('same').padInfo)}`
    const isValid = sides(padInfo).every((side) => side === 0)
    const [top, bottom, left, right] = sides(padInfo) as Shape4D
    return {
      strides: outer(strideHeight, strideWidth, [1]),
      dilations: outer(dilationHeight, dilationWidth, [1]),
      data_format: dataFormat,
      use_cudnn_on_gpu: true,
      padding: isValid ? 'VALID' : isSame ? 'SAME' : 'EXPLICIT',
      ...(!isValid && !isSame && { explicit_paddings: outer([top, bottom], [left, right], [[0, 0]]).flat() }),
    }
  }
  type Run = (
    inputs: Record<string, Tfjs.TensorInfo>,
    attrs: Record<string, unknown>,
    backend: TensorFlowBackend,
  ) => Tfjs.TensorInfo
  const kernel = (kernelName: string, run: Run): Tfjs.KernelConfig => ({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      run(inputs as Record<string, Tfjs.TensorInfo>, attrs ?? {}, backend as TensorFlowBackend),
  })
  /** Runs a gradient whose operation takes the shape of its result as an input. */
  const withShape = (shape: unknown, run: (shape: Tfjs.Tensor1D) => Tfjs.TensorInfo) => {
    const tensor = tf.tensor1d(shape as number[], 'int32')
    try {
      return run(tensor)
    } finally {
      tensor.dispose()
    }
  }
  const shapeOf = ({ shape }: Tfjs.TensorInfo) => shape as Shape4D
  return [
    kernel('Conv2D', ({ x, filter }, attrs, backend) =>
      runOp(
        backend,
        'Conv2D',
        [x!, filter!],
        opAttrs(shapeOf(x!), shapeOf(filter!), attrs as unknown as ConvolutionAttrs),
      ),
    ),
    kernel('Conv2DBackpropInput', ({ dy, filter }, attrs, backend) =>
      withShape(attrs.inputShape, (shape) =>
        runOp(
          backend,
          'Conv2DBackpropInput',
          [shape, filter!, dy!],
          opAttrs(attrs.inputShape as Shape4D, shapeOf(filter!), attrs as unknown as ConvolutionAttrs),
        ),
      ),
    ),
    kernel('Conv2DBackpropFilter', ({ x, dy }, attrs, backend) =>
      withShape(attrs.filterShape, (shape) =>
        runOp(
          backend,
          'Conv2DBackpropFilter',
          [x!, shape, dy!],
          opAttrs(shapeOf(x!), attrs.filterShape as Shape4D, attrs as unknown as ConvolutionAttrs),
        ),
      ),
    ),
  ]
}

/** Replaces kernels of tfjs-node by these. */
export function replaceKernels(tf: typeof Tfjs, kernels: readonly Tfjs.KernelConfig[]): void {
  for (const kernel of kernels) {
    if (tf.getKernel(kernel.kernelName, kernel.backendName)) tf.unregisterKernel(kernel.kernelName, kernel.backendName)
    tf.registerKernel(kernel)
  }
}
