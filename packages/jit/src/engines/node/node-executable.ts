import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { EncodedModel } from '../../onnx/encode.ts'
import type { OnnxModel, OnnxTensorType } from '../../onnx/model.ts'
import type { Executable } from '../engine.ts'
import { checkProvider } from '../node-provider.ts'
import { hostExecutable } from '../shared/host-executable.ts'
import type { InPlaceModel } from '../shared/in-place.ts'
import { notLoading } from '../shared/not-loading.ts'
import { type GpuTransfer, gpuTransfer } from './gpu-transfer.ts'
import { nodeGpuExecutable } from './node-gpu-executable.ts'
import { openSession, type SessionPlan } from './node-session.ts'
import { runUncopied } from './uncopied.ts'

/** What has to be known of a model besides its serialised form to run it: no weights and no attributes. */
export interface ModelOutline extends InPlaceModel, Pick<OnnxModel, 'sequence'> {}

/** Makes a session of `onnxruntime-node` in this thread, which computes in it. */
export async function createExecutable(
  model: ModelOutline,
  encoded: EncodedModel,
  plan: SessionPlan,
): Promise<Executable> {
  const ort = await load()
  await checkProvider(ort, plan.provider)
  const shared = await openSession(ort, encoded, plan)
  if (plan.provider === 'webgpu') {
    transfer ??= gpuTransfer(ort, plan.provider)
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
    { ...model, asWritten: !plan.optimised },
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
  if (!ort.InferenceSession)
    throw new CascadeError('engine', 'jit: onnxruntime-node runs in Node.js, got a browser; use onnxRuntimeWeb')
  return ort
}
