import { CascadeError } from '@cascade-diffusion/checks'
import { cuda as target } from '../lower/target.ts'
import type { NodeEngine, OrtNode } from './definition.ts'
import { checkOnnxRuntime } from './node/check-runtime.ts'
import { hostSession } from './node/host-session.ts'

/** ONNX Runtime on NVIDIA GPUs, in Node.js. Its provider is installed separately from the package. */
export const cuda: NodeEngine = {
  target,
  node: { worker: true, check, executable: hostSession },
}

async function check(ort: OrtNode): Promise<void> {
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
  await checkOnnxRuntime(ort, 'cuda').catch((cause) => {
    throw new CascadeError(
      'engine',
      `jit: the engine 'cuda' does not work here, though its provider is installed. It needs an NVIDIA GPU, its driver, and the libraries of CUDA and cuDNN: ${cause.message}`,
      { cause },
    )
  })
}

/** The version of the package, and the folder of its libraries. */
function installed(ort: OrtNode): { version: string; folder: string } {
  const { createRequire } = process.getBuiltinModule('node:module')
  const { dirname, join } = process.getBuiltinModule('node:path')
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch)
  return { version: ort.env.versions.node as string, folder }
}
