import type { NDArray } from '@cascade-diffusion/arrays'
import type { InferenceSession } from 'onnxruntime-web'
import { cpu, type Target, webgpu } from '../lower/target.ts'
import { encodeModel } from '../onnx/encode.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { Engine, Executable } from './engine.ts'
import { hostExecutable } from './shared/host-executable.ts'
import { idleExecutable } from './shared/idle-executable.ts'
import { inNode } from './shared/in-node.ts'
import { notLoading } from './shared/not-loading.ts'
import { sessionOptions } from './shared/session-options.ts'
import { usableThreads } from './shared/usable-threads.ts'
import { gpuExecutable } from './web/gpu-executable.ts'
import { namesForCpu, splitByFew } from './webgpu-defects.ts'

/** Options of {@link onnxRuntimeWeb}. */
export interface OnnxRuntimeWebOptions {
  /** `wasm` (the default) computes on the processor, in any browser and in Node.js; `webgpu` on the GPU, where the browser has WebGPU. */
  provider?: 'wasm' | 'webgpu'
  /**
   * Threads: by default one for `webgpu`, and for `wasm` as many as `navigator.hardwareConcurrency` says, or in Node.js as the
   * process has cores to use (see {@link OnnxRuntimeOptions}). A page that is not cross-origin isolated gets one. The first function that a provider compiles decides for all.
   */
  threads?: number
  /** How graphs are lowered: by default `cpu` for `wasm` and `webgpu` for `webgpu`. */
  target?: Target
  /**
   * The URL of the folder with ONNX Runtime's `.mjs` and `.wasm` files (`node_modules/onnxruntime-web/dist`), with a slash at
   * the end. By default they are looked for beside the script, where some bundlers put them. The first function that a
   * provider compiles decides for all.
   */
  wasmPaths?: string
}

/** What a browser has, and Node.js in part. */
const host = globalThis as { location?: { href: string }; navigator?: { hardwareConcurrency: number } }

/** ONNX Runtime in the browser, from the package `onnxruntime-web`: on the processor by WebAssembly, or on the GPU by WebGPU. */
export function onnxRuntimeWeb(options: OnnxRuntimeWebOptions = {}): Engine {
  const { provider = 'wasm', target = provider === 'wasm' ? cpu : webgpu } = options
  return {
    name: `onnxruntime-web/${provider}`,
    target,
    compile: (model) => createExecutable(provider === 'webgpu' ? splitByFew(model) : model, provider, options),
  }
}

async function createExecutable(
  model: OnnxModel,
  provider: 'wasm' | 'webgpu',
  { threads, wasmPaths }: OnnxRuntimeWebOptions,
): Promise<Executable> {
  if (model.outputs.length === 0) return idleExecutable
  const ort = await load(provider)
  ort.env.wasm.numThreads = threads ?? (provider === 'wasm' ? availableThreads() : 1)
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = new URL(wasmPaths, host.location?.href).href
  const encoded = encodeModel(model)
  const forCpu = namesForCpu(model)
  const session = await inTurn(() =>
    ort.InferenceSession.create(encoded.bytes, {
      executionProviders: [
        provider === 'webgpu' && forCpu.length > 0 ? { name: provider, forceCpuNodeNames: forCpu } : provider,
      ],
      ...(provider === 'webgpu' && { preferredOutputLocation: 'gpu-buffer' }),
      ...sessionOptions(encoded),
    }),
  )
  const tensorOf = ({ dtype, data, shape }: NDArray) => new ort.Tensor(dtype, data as never, shape)
  if (provider === 'webgpu') return gpuExecutable(model, session, tensorOf, inTurn)
  return hostExecutable(
    model,
    async (inputs, outputs) => {
      const feeds = Object.fromEntries(model.inputs.map(({ name }, i) => [name, tensorOf(inputs[i] as NDArray)]))
      const results: InferenceSession.ReturnType = await inTurn(() => session.run(feeds))
      for (const [i, { name }] of model.outputs.entries()) outputs[i]?.data.set(results[name]?.data as never)
    },
    () => inTurn(() => session.release()),
  )
}

/** In a bundle, `onnxruntime-web` is its part for WebAssembly alone, by `browser` in package.json. */
async function load(provider: 'wasm' | 'webgpu') {
  try {
    return provider === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web')
  } catch (cause) {
    throw notLoading('onnxruntime-web', cause as Error)
  }
}

/** Threads share memory, which a page may do only where it is cross-origin isolated. */
const availableThreads = () => {
  if (inNode) return usableThreads()
  return typeof SharedArrayBuffer === 'undefined' ? 1 : (host.navigator?.hardwareConcurrency ?? 0)
}

let last: Promise<unknown> = Promise.resolve()

/** One after the other: ONNX Runtime's WebAssembly is not to be entered while it waits for the GPU. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work)
  last = done.catch(() => {})
  return done
}
