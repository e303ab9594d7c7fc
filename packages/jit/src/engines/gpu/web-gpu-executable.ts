import { type DeviceArray, type DType, isDeviceArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Tensor } from 'onnxruntime-web'
import type { WebDefinition } from '../definition.ts'

/** The tensors in GPU memory behind the device arrays in use. */
const memory = new WeakMap<DeviceArray, Tensor>()

/** Runs a session of `onnxruntime-web` that leaves its results in GPU memory. */
export const webGpuExecutable: WebDefinition['executable'] = (model, { session, tensorOf, inTurn }) => {
  const made = new Set<DeviceArray>()
  const running = new Set<Promise<unknown>>()

  const runOnDevice = async (inputs: readonly (NDArray | DeviceArray)[]) => {
    const given = await Promise.all(
      inputs.map(async (x) => (isDeviceArray(x) ? (memory.get(x) ?? tensorOf(await x.read())) : tensorOf(x))),
    )
    const feeds = Object.fromEntries(model.inputs.map(({ name }, i) => [name, given[i] as Tensor]))
    const results = await inTurn(() => session.run(feeds))
    return model.outputs.map(({ name }) => {
      const array: DeviceArray = gpuArray(results[name] as Tensor, () => made.delete(array))
      made.add(array)
      return array
    })
  }

  const counted = async <T>(work: Promise<T>): Promise<T> => {
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }

  const run = async (inputs: readonly (NDArray | DeviceArray)[], outputs: readonly (NDArray | undefined)[]) => {
    const results = await runOnDevice(inputs)
    try {
      const arrays = await Promise.all(results.map((result) => result.read()))
      return arrays.map((array, i) => {
        const out = outputs[i]
        out?.data.set(array.data)
        return out ?? array
      })
    } finally {
      for (const result of results) result.dispose()
    }
  }

  return {
    run: (inputs, outputs = []) => counted(run(inputs, outputs)),
    runOnDevice: (inputs) => counted(runOnDevice(inputs)),
    async dispose() {
      await Promise.allSettled(running)
      for (const array of made) array.dispose()
      await inTurn(() => session.release())
    },
  }
}

/** A result that is left in GPU memory. */
function gpuArray(tensor: Tensor, forget: () => void): DeviceArray {
  const [dtype, shape] = [tensor.type as DType, tensor.dims]
  let reading: Promise<Tensor.DataType> | undefined
  const array: DeviceArray = {
    dtype,
    shape,
    async read() {
      if (!memory.has(array))
        throw new CascadeError('engine', `jit: expected an array in use, got a ${dtype}[${shape}] that was disposed of`)
      reading ??= tensor.getData()
      return { dtype, shape, data: await reading } as NDArray
    },
    dispose() {
      if (!memory.delete(array)) return
      forget()
      const free = () => tensor.dispose()
      if (reading) void reading.then(free, free)
      else free()
    },
  }
  memory.set(array, tensor)
  return array
}
