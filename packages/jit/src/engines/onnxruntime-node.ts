import type { NDArray } from '@cascade-diffusion/arrays'
import * as ort from 'onnxruntime-node'
import { cpu, type Target } from '../lower/target.ts'
import { type EncodedModel, encodeModel } from '../onnx/encode.ts'
import type { OnnxModel, OnnxTensorType } from '../onnx/model.ts'
import type { Engine, Executable } from './engine.ts'
import { hostExecutable } from './host-executable.ts'

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
  // ONNX Runtime takes no model without nodes.
  if (model.outputs.length === 0)
    return hostExecutable(
      model,
      async () => {},
      async () => {},
    )
  const session = await ort.InferenceSession.create(encoded.bytes, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Moments of weights that hardly learn decay into denormal numbers, which cost a hundred times as much.
    extra: { session: { set_denormal_as_zero: '1' } },
    ...(encoded.external && { externalData: [externalData(encoded.external)] }),
  })
  const named = (types: readonly OnnxTensorType[], arrays: readonly NDArray[]) =>
    Object.fromEntries(types.map((type, i) => [type.name, toTensor(arrays[i] as NDArray)]))
  return hostExecutable(
    model,
    async (inputs, outputs) => void (await session.run(named(model.inputs, inputs), named(model.outputs, outputs))),
    () => session.release(),
  )
}

/** Shares the memory: ONNX Runtime reads and writes the host array itself. */
const toTensor = ({ dtype, data, shape }: NDArray) => new ort.Tensor(dtype, data as never, shape)

function externalData({ path, pieces, size }: NonNullable<EncodedModel['external']>): {
  path: string
  data: Uint8Array
} {
  const data = new Uint8Array(size)
  let offset = 0
  for (const piece of pieces) {
    data.set(piece, offset)
    offset += piece.length
  }
  return { path, data }
}
