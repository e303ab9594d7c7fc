import { CascadeError } from '@cascade-diffusion/checks'
import { encodeModel } from '../onnx/encode.ts'
import type { OnnxModel } from '../onnx/model.ts'

type Ort = typeof import('onnxruntime-node')

/** What computes in ONNX Runtime's package for Node.js. */
export type NodeProvider = 'cpu' | 'cuda' | 'webgpu'

const checks = new Map<NodeProvider, Promise<void>>()

/**
 * Makes sure, once, that a provider computes here, and computes right, by a product of two matrices that must not run on
 * the processor instead.
 * @throws if it does not; the message says what to do.
 */
export function checkProvider(ort: Ort, provider: NodeProvider): Promise<void> {
  if (provider === 'cpu') return Promise.resolve()
  const check = checks.get(provider) ?? (provider === 'cuda' ? checkCuda(ort) : checkWebgpu(ort))
  checks.set(provider, check)
  check.catch(() => checks.delete(provider))
  return check
}

async function checkCuda(ort: Ort): Promise<void> {
  const { version, folder } = installed(ort)
  const file = process.getBuiltinModule('node:path').join(folder, 'libonnxruntime_providers_cuda.so')
  const install =
    'install it with `npx cascade-diffusion backends install cuda`, ' +
    `or put libonnxruntime_providers_cuda.so and _shared.so of ONNX Runtime ${version} into ${folder}`
  if (!process.getBuiltinModule('node:fs').existsSync(file))
    throw new CascadeError(
      'engine',
      `jit: the engine 'cuda' needs ONNX Runtime's CUDA provider, which is not installed: ${install}`,
    )
  await multiply(ort, 'cuda').catch((cause) => {
    throw new CascadeError(
      'engine',
      `jit: the engine 'cuda' does not work here, though its provider is installed. It needs an NVIDIA GPU, its driver, and the libraries of CUDA and cuDNN: ${cause.message}`,
      { cause },
    )
  })
}

async function checkWebgpu(ort: Ort): Promise<void> {
  await multiply(ort, 'webgpu').catch((cause) => {
    const linux = process.platform === 'linux' ? ', and the Vulkan loader libvulkan.so.1' : ''
    throw new CascadeError(
      'engine',
      `jit: the engine 'webgpu' does not work here. It needs a GPU with a driver${linux}: ${cause.message.trim().split('. ').at(-1)}`,
      { cause },
    )
  })
}

/** Where the package has its libraries, and its version. */
function installed(ort: Ort): { version: string; folder: string } {
  const { createRequire } = process.getBuiltinModule('node:module')
  const { dirname, join } = process.getBuiltinModule('node:path')
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch)
  return { version: ort.env.versions.node as string, folder }
}

/** [[1, 2], [3, 4]] times itself, on the provider and nowhere else. */
async function multiply(ort: Ort, provider: NodeProvider): Promise<void> {
  const type = (name: string) => ({ name, dtype: 'float32' as const, shape: [2, 2] })
  const node = { opType: 'MatMul', domain: '', inputs: ['x', 'x'], outputs: ['y'], attributes: {} }
  const model: OnnxModel = { nodes: [node], initializers: [], inputs: [type('x')], outputs: [type('y')] }
  const session = await ort.InferenceSession.create(encodeModel(model).bytes, {
    executionProviders: [provider],
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  })
  try {
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]) })
    const [expected, got] = ['7,10,15,22', String(y?.data)]
    if (got !== expected) throw new CascadeError('engine', `expected a product of [${expected}], got [${got}]`)
  } finally {
    await session.release()
  }
}
