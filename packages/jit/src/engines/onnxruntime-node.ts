import type { NDArray } from '@cascade-diffusion/arrays'
import { cpu, type Target } from '../lower/target.ts'
import { type EncodedModel, encodeModel } from '../onnx/encode.ts'
import type { OnnxModel, OnnxTensorType } from '../onnx/model.ts'
import type { Engine, Executable } from './engine.ts'
import { hostExecutable } from './host-executable.ts'
import { idleExecutable } from './idle-executable.ts'
import { sessionOptions } from './session-options.ts'

/** Options of {@link onnxRuntimeNode}. */
export interface OnnxRuntimeOptions {
  /** Threads for one operator; by default as many as the machine has cores. */
  threads?: number
  /** How graphs are lowered: `cpu` (the default) computes 3×3 convolutions by Winograd's method where it pays, `cpuExact` always directly. */
  target?: Target
}

/** ONNX Runtime's CPU provider in Node.js, from the package `onnxruntime-node`. */
export function onnxRuntimeNode({ threads, target = cpu }: OnnxRuntimeOptions = {}): Engine {
  return {
    name: 'onnxruntime-node',
    target,
    compile: (model) => createExecutable(model, encodeModel(model), threads),
  }
}

/** Makes a session of a model and its serialised form. Exported for the test. */
export async function createExecutable(model: OnnxModel, encoded: EncodedModel, threads?: number): Promise<Executable> {
  if (model.outputs.length === 0) return idleExecutable
  const ort = await load()
  const session = await ort.InferenceSession.create(encoded.bytes, {
    executionProviders: ['cpu'],
    ...sessionOptions(encoded),
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    interOpNumThreads: 1,
  })
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
    async (inputs, outputs) => void (await session.run(named(model.inputs, inputs), named(model.outputs, outputs))),
    () => session.release(),
  )
}

/** The package, which is a peer and not there in a browser's bundle: it is loaded when it is needed. */
async function load() {
  const ort = await import('onnxruntime-node').catch((cause) => {
    throw new Error(`jit: could not load onnxruntime-node, install it: npm i onnxruntime-node (${cause.message})`, {
      cause,
    })
  })
  if (!ort.InferenceSession) throw new Error('jit: onnxruntime-node runs in Node.js, got a browser; use onnxRuntimeWeb')
  return ort
}
