import { CascadeError } from '@cascade-diffusion/checks'
import { encodeModel } from '../../onnx/encode.ts'
import type { OrtNode } from '../definition.ts'
import { product } from '../shared/product.ts'

/**
 * Checks that a provider of ONNX Runtime computes: it multiplies two matrices, and no other provider does so in its
 * place.
 * @param ort the loaded package `onnxruntime-node`, any copy of it.
 * @param provider the provider's name in ONNX Runtime.
 * @throws {CascadeError} of code `engine` if the result is wrong, and what ONNX Runtime throws if it does not work.
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
