import { checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Target } from '../lower/target.ts'
import { encodeModel } from '../onnx/encode.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { NodeProvider, Prepared } from './definition.ts'
import type { Engine } from './engine.ts'
import { createExecutable } from './node/node-executable.ts'
import { cacheDirectory, type SessionPlan } from './node/node-session.ts'
import { idleExecutable } from './shared/idle-executable.ts'
import { usableThreads } from './shared/usable-threads.ts'
import { nodeEngine } from './table.ts'
import { computeThread } from './thread/compute-thread.ts'
import { threadExecutable } from './thread/thread-executable.ts'

/** Options of {@link onnxRuntimeNode}. */
export interface OnnxRuntimeOptions {
  /**
   * What computes: the processor (`cpu`, the default), an NVIDIA GPU (`cuda`, whose provider has to be installed), or
   * any GPU (`webgpu`: Vulkan on Linux, Direct3D on Windows, Metal on macOS). Operators that a GPU provider lacks run
   * on the processor. A provider that does not work at all is an error.
   */
  provider?: NodeProvider
  /**
   * Threads for one operator. By default, the number of cores that the process may use: those of the processors that it
   * may run on (its affinity, a container's set), and at most a container's quota of processor time, rounded up. Only
   * Linux says which processors share a core; elsewhere each processor counts.
   */
  threads?: number
  /**
   * How graphs are lowered. By default, the provider's own target. That of `cpu` computes 3×3 convolutions by
   * Winograd's method where it pays; `cpuExact` computes all directly.
   */
  target?: Target
  /**
   * Whether models are kept on disk, as ONNX Runtime has optimised them, for the next process: in the user's cache
   * folder (`true`, the default) or in the folder of this path. That holds for `cpu` and models of 500 to 3000
   * operators with at most 8 MiB of constants; at most 1 GiB is kept. The environment variable
   * `CASCADE_DIFFUSION_CACHE` names another folder for `true`, or is `off`.
   */
  cache?: boolean | string
  /**
   * Whether models run in a worker thread, one for the whole process, so that timers and servers keep running. Default
   * true, except for `webgpu`. If false, models run in the calling thread and block its event loop. They also do so if
   * the caller is a worker thread itself, or a bundle without `compute-thread.js` next to it.
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
 * @throws if an option is unknown or there is no such provider. Its `compile` throws if the provider does not work
 * here.
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
      // Before the first await: constants have the values that they have now.
      const encoded = encodeModel(model)
      const directory = cached ? await cacheDirectory(cache) : undefined
      const plan: SessionPlan = { provider, threads, optimised, cacheDirectory: directory, onCpu }
      const thread = worker ? computeThread() : undefined
      return thread ? threadExecutable(thread, model, encoded, plan) : createExecutable(model, encoded, plan)
    },
  }
}

const asItIs = (model: OnnxModel): Prepared => ({ model })
