import { allocate, type DType, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { TensorType } from '../../graph/graph.ts'
import { encodeModel } from '../../onnx/encode.ts'
import type { OrtNode } from '../definition.ts'

/** Makes, fills and reads tensors in GPU memory. */
export interface GpuTransfer {
  /** Makes a tensor; its values are arbitrary. */
  allocate(type: TensorType): Promise<Tensor>
  read(tensor: Tensor): Promise<NDArray>
}

/**
 * Makes and reads tensors by models that copy their input: one leaves the copy on the GPU, one brings it to the host.
 * ONNX Runtime's package for Node.js has tensors in GPU memory, but no function for this (`Tensor.getData` ends the
 * process).
 */
export function gpuTransfer(ort: OrtNode, provider: string): GpuTransfer {
  const sessions = new Map<string, Promise<InferenceSession>>()
  const sessionFor = (dtype: DType, kept: boolean) => {
    const key = `${dtype} ${kept}`
    const made = sessions.get(key)
    if (made) return made
    const session = ort.InferenceSession.create(copyModel(dtype), {
      executionProviders: [provider],
      logSeverityLevel: 3,
      ...(kept && { preferredOutputLocation: 'gpu-buffer' }),
    })
    sessions.set(key, session)
    return session
  }
  const copy = async (x: Tensor, kept: boolean): Promise<Tensor> => {
    const session = await sessionFor(x.type as DType, kept)
    return (await session.run({ x })).y as Tensor
  }
  return {
    async allocate({ dtype, shape }) {
      const flat = await copy(new ort.Tensor(dtype, allocate(dtype, sizeOf(shape)) as never, [sizeOf(shape)]), true)
      return viewOf(ort, flat, shape, () => flat.dispose())
    },
    async read(tensor) {
      const { type, dims, size } = tensor
      const flat = viewOf(ort, tensor, [size])
      return { dtype: type as DType, shape: dims, data: (await copy(flat, false)).data } as NDArray
    },
  }
}

/** The same GPU memory in another shape. */
const viewOf = (ort: OrtNode, tensor: Tensor, dims: readonly number[], dispose = () => {}): Tensor =>
  ort.Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: tensor.type as never, dims, dispose })

const copyModel = (dtype: DType): Uint8Array => {
  // A negative length stands for any.
  const vector = (name: string) => ({ name, dtype, shape: [-1] })
  const node = { opType: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }
  return encodeModel({ nodes: [node], initializers: [], inputs: [vector('x')], outputs: [vector('y')] }).bytes
}
