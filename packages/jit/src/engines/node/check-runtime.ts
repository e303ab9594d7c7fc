import { CascadeError } from '@cascade-diffusion/checks'
import { encodeModel } from '../../onnx/encode.ts'
import type { OrtNode } from '../definition.ts'
import { product } from '../shared/product.ts'

/**
 * Has a provider of ONNX Runtime, and no other in its place, multiply two matrices.
 * @param ort a copy of the package `onnxruntime-node`, loaded.
 * @param provider as ONNX Runtime names it.
 * @throws if it does not, or computes something else; the message says why.
 */
export async function checkOnnxRuntime(ort: object, provider = 'cpu'): Promise<void> {
  const { InferenceSession, Tensor } = ort as OrtNode
  const session = await InferenceSession.create(encodeModel(product).bytes, {
    executionProviders: [provider],
    logSeverityLevel: 4,
    extra: provider === 'cpu' ? {} : { session: { disable_cpu_ep_fallback: '1' } },
  })
  try {
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]) })
    const [expected, got] = ['7,10,15,22', String(y?.data)]
    if (got !== expected) throw new CascadeError('engine', `expected a product of [${expected}], got [${got}]`)
  } finally {
    await session.release()
  }
}
