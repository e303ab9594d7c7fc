import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'

/** Replaces the filter gradient of convolution of the cpu backend by plain loops, which are 20 times as fast. */
export function replaceFilterGradient(): void {
  const names = { kernelName: tf.Conv2DBackpropFilter, backendName: 'cpu' }
  tf.unregisterKernel(names.kernelName, names.backendName)
  tf.registerKernel({
    ...names,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const cpu = backend as MathBackendCPU
      const { x, dy } = inputs as tf.Conv2DBackpropFilterInputs & { x: tf.TensorInfo; dy: tf.TensorInfo }
      const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs
      const xShape = x.shape as [number, number, number, number]
      const info = tf.backend_util.computeConv2DInfo(xShape, filterShape, strides, 1, pad, dimRoundingMode)
      const [xs, dys] = [x, dy].map((t) => cpu.readSync(t.dataId) as Float32Array) as [Float32Array, Float32Array]
      return cpu.makeTensorInfo(filterShape, 'float32', filterGradient(info, xs, dys))
    },
  })
}

function filterGradient(info: tf.backend_util.Conv2DInfo, x: Float32Array, dy: Float32Array): Float32Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } = info
  const gradient = new Float32Array(filterHeight * filterWidth * inChannels * outChannels)
  for (let row = 0; row < filterHeight; row++)
    for (let column = 0; column < filterWidth; column++) {
      const tap = (row * filterWidth + column) * inChannels * outChannels
      for (let pixel = 0; pixel < batchSize * outHeight * outWidth; pixel++) {
        const image = Math.floor(pixel / (outHeight * outWidth))
        const y = (Math.floor(pixel / outWidth) % outHeight) * info.strideHeight + row - info.padInfo.top
        const z = (pixel % outWidth) * info.strideWidth + column - info.padInfo.left
        if (y < 0 || y >= inHeight || z < 0 || z >= inWidth) continue
        const from = ((image * inHeight + y) * inWidth + z) * inChannels
        for (let i = 0; i < inChannels; i++)
          for (let o = 0; o < outChannels; o++)
            gradient[tap + i * outChannels + o]! += x[from + i]! * dy[pixel * outChannels + o]!
      }
    }
  return gradient
}
