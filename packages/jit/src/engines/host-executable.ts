import { allocate, type DeviceArray, type DType, isDeviceArray, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import type { TensorType } from '../graph/graph.ts'
import { type OnnxModel, outputShapes } from '../onnx/model.ts'
import type { Executable } from './engine.ts'

/** The host arrays behind device arrays, as long as these may be used. */
const memory = new WeakMap<DeviceArray, NDArray>()

/**
 * An executable of an engine that computes in host memory, from what runs it on host arrays: results are written where
 * `outputs` says. Its device arrays are host arrays that serve again once they have been disposed of.
 */
export function hostExecutable(
  model: OnnxModel,
  run: (inputs: readonly NDArray[], outputs: readonly NDArray[]) => Promise<void>,
  dispose: () => Promise<void>,
): Executable {
  /** By type. */
  const spare = new Map<string, NDArray[]>()
  const typesFor = (inputs: readonly (NDArray | DeviceArray)[]) =>
    outputShapes(model, inputs).map((shape, i) => ({ dtype: model.outputs[i]?.dtype as DType, shape }))
  const make = ({ dtype, shape }: TensorType): NDArray => ({ dtype, shape, data: allocate(dtype, sizeOf(shape)) })
  const reused = (type: TensorType) => spare.get(`${type.dtype}[${type.shape}]`)?.pop() ?? make(type)
  const keep = (array: NDArray) => {
    const key = `${array.dtype}[${array.shape}]`
    spare.set(key, [...(spare.get(key) ?? []), array])
  }
  const running = new Set<Promise<unknown>>()
  const runOnHost = async (inputs: readonly (NDArray | DeviceArray)[], outputs: readonly NDArray[]) => {
    const done = Promise.all(inputs.map(onHost)).then((arrays) => run(arrays, outputs))
    running.add(done)
    try {
      await done
    } finally {
      running.delete(done)
    }
  }
  return {
    async run(inputs, outputs = []) {
      const results = typesFor(inputs).map((type, i) => outputs[i] ?? make(type))
      await runOnHost(inputs, results)
      return results
    },
    async runOnDevice(inputs) {
      const results = typesFor(inputs).map(reused)
      await runOnHost(inputs, results)
      return results.map((array) => hostDeviceArray(array, () => keep(array)))
    },
    async dispose() {
      await Promise.allSettled(running)
      spare.clear()
      await dispose()
    },
  }
}

/** A device array in host memory. `reuse` is told when the memory is free, unless it was read: then the reader has it. */
export function hostDeviceArray(array: NDArray, reuse: () => void): DeviceArray {
  const { dtype, shape } = array
  let wasRead = false
  const device: DeviceArray = {
    dtype,
    shape,
    read: async () => {
      wasRead = true
      return valuesOf(device)
    },
    dispose: () => {
      if (memory.delete(device) && !wasRead) reuse()
    },
  }
  memory.set(device, array)
  return device
}

function valuesOf(device: DeviceArray): NDArray {
  const array = memory.get(device)
  if (!array)
    throw new Error(`jit: expected an array that is in use, got a ${device.dtype}[${device.shape}] disposed of`)
  return array
}

/** An argument as a host array: itself, the memory of a device array of the host, or what another device's holds. */
export const onHost = async (x: NDArray | DeviceArray): Promise<NDArray> =>
  isDeviceArray(x) ? (memory.get(x) ?? (await x.read())) : x
