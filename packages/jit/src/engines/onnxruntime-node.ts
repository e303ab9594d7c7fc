import { checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Target } from '../lower/target.ts'
import { encodeModel } from '../onnx/encode.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { Prepared } from './definition.ts'
import type { Engine } from './engine.ts'
import { createExecutable } from './node/node-executable.ts'
import { cacheDirectory, type SessionPlan } from './node/node-session.ts'
import { idleExecutable } from './shared/idle-executable.ts'
import { usableThreads } from './shared/usable-threads.ts'
import { type NodeProvider, nodeEngine } from './table.ts'
import { computeThread } from './thread/compute-thread.ts'
import { threadExecutable } from './thread/thread-executable.ts'

/** Options of {@link onnxRuntimeNode}. */
export interface OnnxRuntimeOptions {
  /**
   * What computes: the processor (`cpu`, the default), an NVIDIA GPU (`cuda`, whose provider has to be installed), or any GPU
   * (`webgpu`: Vulkan on Linux, Direct3D on Windows, Metal on macOS). Operators that a GPU provider does not have run on
   * the processor; a provider that does not work at all is an error.
   */
  provider?: NodeProvider
  /**
   * Threads for one operator; by default as many as the process has cores to use: of the processors that it may run on (affinity,
   * a container's set), one for each core on Linux, and no more than a container's quota of time comes to, rounded up.
   */
  threads?: number
  /**
   * How graphs are lowered: for the processor `cpu` (the default), which computes 3×3 convolutions by Winograd's method where
   * it pays, or `cpuExact`, which computes them directly; for `cuda` `portable`, for `webgpu`
   * `webgpu`.
   */
  target?: Target
  /**
   * Whether models are kept on disk as ONNX Runtime has prepared them, for the next process, for `cpu` and models of 500
   * to 3000 operators that hold at most 8 MiB of constants: in the user's folder for caches (`true`, the default) or in this
   * one. At most 1 GiB is kept. The environment variable `CASCADE_DIFFUSION_CACHE` names another folder for `true`, or is `off`.
   */
  cache?: boolean | string
  /**
   * Whether models run in a thread of their own, one for the whole process, so that timers and servers go on meanwhile: true by
   * default, but for `webgpu`. Otherwise, and in a thread of yours or a bundle without `compute-thread.js` beside it in any case,
   * they run in the thread that calls them, and hold its event loop until they are done.
   */
  worker?: boolean
}

const optionKeys: KnownKeys<OnnxRuntimeOptions> = {
  provider: true,
  threads: true,
  target: true,
  cache: true,
  worker: true,
}

/**
 * ONNX Runtime in Node.js, from the package `onnxruntime-node`.
 * @throws if an option is unknown or there is no such provider; its `compile`, if the provider does not work here.
 */
export function onnxRuntimeNode(options: OnnxRuntimeOptions = {}): Engine {
  checkOptions('onnxRuntimeNode', options, optionKeys)
  const { provider = 'cpu', threads = usableThreads(), cache = true } = options
  const { node, prepare = asItIs, ...defaults } = nodeEngine(provider)
  const { target = defaults.target, worker = node.worker } = options
  return {
    name: `onnxruntime-node/${provider}`,
    target,
    async compile(given) {
      const { model, optimised = true, cached = false, onCpu = [] } = prepare(given)
      if (model.outputs.length === 0) return idleExecutable
      // Before anything is waited for: constants are to have the values of now.
      const encoded = encodeModel(model)
      const directory = cached ? await cacheDirectory(cache) : undefined
      const plan: SessionPlan = { provider, threads, optimised, cacheDirectory: directory, onCpu }
      const thread = worker ? computeThread() : undefined
      return thread ? threadExecutable(thread, model, encoded, plan) : createExecutable(model, encoded, plan)
    },
  }
}

const asItIs = (model: OnnxModel): Prepared => ({ model })
