import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import type { Target } from '../lower/target.ts'
import { encodeModel } from '../onnx/encode.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { WebProvider } from './definition.ts'
import type { Engine, Executable } from './engine.ts'
import { browser } from './shared/host.ts'
import { idleExecutable } from './shared/idle-executable.ts'
import { notLoading } from './shared/not-loading.ts'
import { sessionOptions } from './shared/session-options.ts'
import { webEngine } from './table.ts'

/** Options of {@link onnxRuntimeWeb}. */
export interface OnnxRuntimeWebOptions {
  /** `wasm` (the default): the processor, in any browser and in Node.js. `webgpu`: the GPU, in browsers with WebGPU. */
  provider?: WebProvider
  /**
   * Threads. By default one for `webgpu`; for `wasm` `navigator.hardwareConcurrency`, or in Node.js the number of cores
   * that the process may use (see {@link OnnxRuntimeOptions}). A page that is not cross-origin isolated gets one. The
   * first function compiled for a provider decides for all.
   */
  threads?: number
  /** How graphs are lowered. Default: `cpu` for `wasm`, `webgpu` for `webgpu`. */
  target?: Target
  /**
   * The URL of the folder of ONNX Runtime's `.mjs` and `.wasm` files (`node_modules/onnxruntime-web/dist`), ending in a
   * slash. By default they are expected next to the script, where some bundlers put them. The first function compiled
   * for a provider decides for all.
   */
  wasmPaths?: string
}

const optionKeys: KnownKeys<OnnxRuntimeWebOptions> = { provider: true, threads: true, target: true, wasmPaths: true }

/**
 * ONNX Runtime in the browser, from the package `onnxruntime-web`: on the processor by WebAssembly, or on the GPU by
 * WebGPU.
 * @throws if an option is unknown or there is no such provider. Its `compile` throws if the provider does not work
 * here.
 */
export function onnxRuntimeWeb(options: OnnxRuntimeWebOptions = {}): Engine {
  checkOptions('onnxRuntimeWeb', options, optionKeys)
  const { provider = 'wasm' } = options
  const { target = webEngine(provider).target } = options
  return { name: `onnxruntime-web/${provider}`, target, compile: (model) => createExecutable(model, provider, options) }
}

async function createExecutable(
  given: OnnxModel,
  provider: WebProvider,
  { threads, wasmPaths }: OnnxRuntimeWebOptions,
): Promise<Executable> {
  if (given.outputs.length === 0) return idleExecutable
  const { web, prepare } = webEngine(provider)
  const { model, onCpu = [] } = prepare?.(given) ?? { model: given }
  const ort = await web.load().catch((cause) => {
    throw notLoading('onnxruntime-web', cause)
  })
  ort.env.wasm.numThreads = threads ?? web.threads()
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = new URL(wasmPaths, browser.location?.href).href
  const encoded = encodeModel(model)
  const session = await inTurn(() =>
    ort.InferenceSession.create(encoded.bytes, {
      executionProviders: [onCpu.length > 0 ? { name: provider, forceCpuNodeNames: onCpu } : provider],
      preferredOutputLocation: web.resultsOn,
      ...sessionOptions(encoded),
    }),
  ).catch((cause) => {
    throw unfetched(cause) ?? cause
  })
  const tensorOf = ({ dtype, data, shape }: NDArray) => new ort.Tensor(dtype, data as never, shape)
  return web.executable(model, { session, tensorOf, inTurn })
}

/** What ONNX Runtime says in many lines if its files are not where it looks for them. */
const unfetched = (cause: Error): CascadeError | undefined =>
  /fetching of the wasm failed/.test(cause.message)
    ? new CascadeError(
        'engine',
        "jit: expected ONNX Runtime's .wasm files next to the script, got none: copy ort-wasm-simd-threaded.wasm and " +
          'ort-wasm-simd-threaded.asyncify.wasm from node_modules/onnxruntime-web/dist, or say `wasmPaths`',
        { cause },
      )
    : undefined

let last: Promise<unknown> = Promise.resolve()

/** Runs work one after the other: ONNX Runtime's WebAssembly must not be entered while it waits for the GPU. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work)
  last = done.catch(() => {})
  return done
}
