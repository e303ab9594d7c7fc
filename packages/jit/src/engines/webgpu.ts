import { CascadeError } from '@cascade-diffusion/checks'
import { webgpu as target } from '../lower/target.ts'
import type { NodeEngine, OrtNode, WebEngine } from './definition.ts'
import { type GpuTransfer, gpuTransfer } from './gpu/gpu-transfer.ts'
import { nodeGpuExecutable } from './gpu/node-gpu-executable.ts'
import { webGpuExecutable } from './gpu/web-gpu-executable.ts'
import { namesForCpu, splitByFew } from './gpu/webgpu-defects.ts'
import { checkOnnxRuntime } from './node/check-runtime.ts'

/** ONNX Runtime on any GPU: by Vulkan, Direct3D or Metal in Node.js, by WebGPU in browsers. */
export const webgpu: NodeEngine & WebEngine = {
  target,
  prepare: (given) => {
    const model = splitByFew(given)
    return { model, onCpu: namesForCpu(model) }
  },
  node: {
    worker: false,
    check,
    executable: (ort, model, session) => {
      transfer ??= gpuTransfer(ort, 'webgpu')
      return nodeGpuExecutable(ort, model, session, transfer)
    },
  },
  web: {
    load: () => import('onnxruntime-web/webgpu'),
    threads: () => 1,
    resultsOn: 'gpu-buffer',
    executable: webGpuExecutable,
  },
}

let transfer: GpuTransfer | undefined

async function check(ort: OrtNode): Promise<void> {
  await checkOnnxRuntime(ort, 'webgpu').catch((cause) => {
    const linux = process.platform === 'linux' ? ', and the Vulkan loader libvulkan.so.1' : ''
    throw new CascadeError(
      'engine',
      `jit: the engine 'webgpu' does not work here. It needs a GPU with a driver${linux}: ${cause.message.trim().split('. ').at(-1)}`,
      { cause },
    )
  })
}
