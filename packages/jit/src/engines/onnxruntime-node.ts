import type { NDArray } from '@cascade-diffusion/arrays'
import { cpu, portable, type Target, webgpu } from '../lower/target.ts'
import { type EncodedModel, encodeModel } from '../onnx/encode.ts'
import type { OnnxModel, OnnxTensorType } from '../onnx/model.ts'
import type { Engine, Executable } from './engine.ts'
import { frugal } from './frugal.ts'
import { type GpuTransfer, gpuTransfer } from './gpu-transfer.ts'
import { hostExecutable } from './host-executable.ts'
import { idleExecutable } from './idle-executable.ts'
import { nodeGpuExecutable } from './node-gpu-executable.ts'
import { checkProvider, type NodeProvider } from './node-provider.ts'
import { cacheDirectory, isOptimised, type NodeSessionOptions, openSession } from './node-session.ts'
import { notLoading } from './not-loading.ts'
import { runUncopied, withSequence } from './uncopied.ts'
import { splitByFew } from './webgpu-defects.ts'

/** Options of {@link onnxRuntimeNode}. */
export interface OnnxRuntimeOptions {
  /**
   * What computes: the processor (`cpu`, the default), an NVIDIA GPU (`cuda`, whose provider has to be installed), or any GPU
   * (`webgpu`: Vulkan on Linux, Direct3D on Windows, Metal on macOS). Operators that a GPU provider does not have run on
   * the processor; a provider that does not work at all is an error.
   */
  provider?: NodeProvider
  /** Threads for one operator; by default as many as the machine has cores. */
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
}

/** How models are written for a provider. */
const prepare: Record<NodeProvider, (model: OnnxModel) => OnnxModel> = {
  cpu: (model) => (isOptimised(model) ? withSequence(model) : frugal(model)),
  cuda: (model) => model,
  webgpu: splitByFew,
}

/** ONNX Runtime in Node.js, from the package `onnxruntime-node`. */
export function onnxRuntimeNode(options: OnnxRuntimeOptions = {}): Engine {
  const { provider = 'cpu', threads, target = { cpu, cuda: portable, webgpu }[provider], cache = true } = options
  return {
    name: `onnxruntime-node/${provider}`,
    target,
    compile(given) {
      const model = prepare[provider](given)
      return createExecutable(model, encodeModel(model), { provider, threads, cacheDirectory: cacheDirectory(cache) })
    },
  }
}

/** Makes a session of a model and its serialised form. Exported for the test. */
export async function createExecutable(
  model: OnnxModel,
  encoded: EncodedModel,
  options: NodeSessionOptions,
): Promise<Executable> {
  if (model.outputs.length === 0) return idleExecutable
  const ort = await load()
  await checkProvider(ort, options.provider)
  const shared = await openSession(ort, model, encoded, options)
  if (options.provider === 'webgpu') {
    transfer ??= gpuTransfer(ort, options.provider)
    return nodeGpuExecutable(ort, model, shared, transfer)
  }
  // A tensor shares the memory: ONNX Runtime reads and writes the host array itself.
  const named = (types: readonly OnnxTensorType[], arrays: readonly NDArray[]) =>
    Object.fromEntries(
      types.map(({ name }, i) => {
        const { dtype, data, shape } = arrays[i] as NDArray
        return [name, new ort.Tensor(dtype, data as never, shape)]
      }),
    )
  return hostExecutable(
    model,
    async (inputs, outputs) => {
      const fetches = named(model.outputs, outputs)
      const run = (more = {}) => shared.session.run(named(model.inputs, inputs), { ...more, ...fetches })
      await (model.sequence ? runUncopied(run) : run())
    },
    shared.release,
  )
}

let transfer: GpuTransfer | undefined

/** The package, which is a peer and not there in a browser's bundle: it is loaded when it is needed. */
async function load() {
  const ort = await import('onnxruntime-node').catch((cause) => {
    throw notLoading('onnxruntime-node', cause)
  })
  if (!ort.InferenceSession) throw new Error('jit: onnxruntime-node runs in Node.js, got a browser; use onnxRuntimeWeb')
  return ort
}
