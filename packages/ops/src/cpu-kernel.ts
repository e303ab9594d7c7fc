import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { onTestFinished } from 'vitest'

interface Values {
  shape: number[]
  values: Float32Array
}

type Kernel = (inputs: Record<string, Values>, attrs: Record<string, number>) => (ArrayLike<number> | Values)[]

/**
 * Registers a kernel on the cpu backend for the rest of the test. A plain array in its result has the shape of the
 * input `x`.
 * @returns the attributes of each call.
 */
export function registerCpuKernel(kernelName: string, kernel: Kernel): tf.NamedAttrMap[] {
  const calls: tf.NamedAttrMap[] = []
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      calls.push({ ...attrs })
      const cpu = backend as MathBackendCPU
      const read = Object.entries(inputs).map(([name, info]) => {
        const { shape, dataId } = info as tf.TensorInfo
        return [name, { shape, values: cpu.readSync(dataId) as Float32Array }]
      })
      const results = kernel(Object.fromEntries(read), attrs as Record<string, number>).map((result) => {
        const { shape, values } =
          'shape' in result ? result : { shape: (inputs.x as tf.TensorInfo).shape, values: result }
        return cpu.makeTensorInfo(shape, 'float32', Float32Array.from(values))
      })
      return results.length === 1 ? results[0]! : results
    },
  })
  onTestFinished(() => tf.unregisterKernel(kernelName, 'cpu'))
  return calls
}
