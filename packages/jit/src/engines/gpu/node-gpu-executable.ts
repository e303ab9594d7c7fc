import { allocate, type DeviceArray, type DType, isDeviceArray, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Tensor } from 'onnxruntime-node'
import type { TensorType } from '../../graph/graph.ts'
import { type OnnxModel, outputShapes } from '../../onnx/model.ts'
import type { OrtNode, SharedSession } from '../definition.ts'
import type { Executable } from '../engine.ts'
import { freeBuffers } from '../shared/free-buffers.ts'
import { hostDeviceArray, onHost } from '../shared/host-executable.ts'
import type { GpuTransfer } from './gpu-transfer.ts'

/** The tensors in GPU memory behind the device arrays in use. */
const memory = new WeakMap<DeviceArray, Tensor>()

const keyOf = ({ dtype, shape }: TensorType) => `${dtype}[${shape}]`

/**
 * An executable of a session on a GPU, in Node.js. Results are written to tensors on the GPU, which are used again
 * after they have been disposed of. A single number comes to the host with the call: then reading it costs nothing.
 */
export function nodeGpuExecutable(
  ort: OrtNode,
  model: Pick<OnnxModel, 'inputs' | 'outputs'>,
  { session, release }: SharedSession,
  transfer: GpuTransfer,
): Executable {
  const spare = new Map<string, Tensor[]>()
  const running = new Set<Promise<unknown>>()
  let disposed = false

  const hostTensor = ({ dtype, data, shape }: NDArray): Tensor => new ort.Tensor(dtype, data as never, shape)
  const typesFor = (inputs: readonly (NDArray | DeviceArray)[]): TensorType[] =>
    outputShapes(model, inputs).map((shape, i) => ({ dtype: model.outputs[i]?.dtype as DType, shape }))
  const make = ({ dtype, shape }: TensorType): NDArray => ({ dtype, shape, data: allocate(dtype, sizeOf(shape)) })

  const run = async (inputs: readonly (NDArray | DeviceArray)[], outputs: readonly Tensor[]): Promise<void> => {
    const given = await Promise.all(inputs.map(async (x) => gpuTensor(x) ?? hostTensor(await onHost(x))))
    const named = (types: readonly { name: string }[], tensors: readonly Tensor[]) =>
      Object.fromEntries(types.map(({ name }, i) => [name, tensors[i] as Tensor]))
    const results = await session.run(named(model.inputs, given), named(model.outputs, outputs))
    // These are new handles of the given GPU tensors, and copies of the given host tensors.
    for (const result of Object.values(results))
      if (result.location === 'gpu-buffer') result.dispose()
      else freeBuffers([result.data as Uint8Array])
  }
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }
  const keep = (type: TensorType, tensor: Tensor) => {
    if (disposed) tensor.dispose()
    else spare.set(keyOf(type), [...(spare.get(keyOf(type)) ?? []), tensor])
  }
  const runOnDevice = async (inputs: readonly (NDArray | DeviceArray)[]): Promise<DeviceArray[]> => {
    const results = await Promise.all(
      typesFor(inputs).map(async (type) => {
        if (sizeOf(type.shape) <= 1) {
          const array = make(type)
          return { tensor: hostTensor(array), wrap: () => hostDeviceArray(array, () => {}) }
        }
        const tensor = spare.get(keyOf(type))?.pop() ?? (await transfer.allocate(type))
        return { tensor, wrap: () => gpuArray(type, tensor, transfer, () => keep(type, tensor)) }
      }),
    )
    await run(
      inputs,
      results.map(({ tensor }) => tensor),
    )
    return results.map(({ wrap }) => wrap())
  }

  return {
    run(inputs, outputs = []) {
      const results = typesFor(inputs).map((type, i) => outputs[i] ?? make(type))
      return counted(run(inputs, results.map(hostTensor)).then(() => results))
    },
    runOnDevice: (inputs) => counted(runOnDevice(inputs)),
    async dispose() {
      await Promise.allSettled(running)
      disposed = true
      for (const tensor of [...spare.values()].flat()) tensor.dispose()
      spare.clear()
      await release()
    },
  }
}

const gpuTensor = (x: NDArray | DeviceArray): Tensor | undefined => (isDeviceArray(x) ? memory.get(x) : undefined)

/** A result in GPU memory. `reuse` is called when the memory is free. */
function gpuArray({ dtype, shape }: TensorType, tensor: Tensor, transfer: GpuTransfer, reuse: () => void): DeviceArray {
  let reading: Promise<NDArray> | undefined
  const array: DeviceArray = {
    dtype,
    shape,
    read: async () => {
      if (!memory.has(array))
        throw new CascadeError('engine', `jit: expected an array in use, got a ${dtype}[${shape}] that was disposed of`)
      reading ??= transfer.read(tensor)
      return reading
    },
    dispose() {
      if (!memory.delete(array)) return
      if (reading) reading.then(reuse, reuse)
      else reuse()
    },
  }
  memory.set(array, tensor)
  return array
}
