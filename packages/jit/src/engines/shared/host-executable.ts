import { allocate, type DeviceArray, type DType, isDeviceArray, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { TensorType } from '../../graph/graph.ts'
import { outputShapes } from '../../onnx/model.ts'
import type { Executable } from '../engine.ts'
import { type InPlaceModel, inPlace } from './in-place.ts'

/** The host array behind a device array. */
interface Held {
  readonly array: NDArray
  /** Called when the memory is free. */
  readonly reuse: (array: NDArray) => void
  /** Whether it has been read. The memory then belongs to the reader. */
  wasRead: boolean
}

const keyOf = ({ dtype, shape }: TensorType) => `${dtype}[${shape}]`

/** The host arrays behind the device arrays in use. */
const memory = new WeakMap<DeviceArray, Held>()

/**
 * An executable of an engine that computes in host memory. Its device arrays are host arrays, whose memory is used
 * again after they have been disposed of.
 * @param run runs the model on host arrays and writes the results to `outputs`, which may share the memory of inputs
 * where {@link inPlace} allows that.
 * @param dispose frees what the model holds.
 */
export function hostExecutable(
  model: InPlaceModel,
  run: (inputs: readonly NDArray[], outputs: readonly NDArray[]) => Promise<void>,
  dispose: () => Promise<void>,
): Executable {
  /** Free arrays, by type. */
  const spare = new Map<string, NDArray[]>()
  const typesFor = (inputs: readonly (NDArray | DeviceArray)[]) =>
    outputShapes(model, inputs).map((shape, i) => ({ dtype: model.outputs[i]?.dtype as DType, shape }))
  const make = ({ dtype, shape }: TensorType): NDArray => ({ dtype, shape, data: allocate(dtype, sizeOf(shape)) })
  const reused = (type: TensorType) => spare.get(keyOf(type))?.pop() ?? make(type)
  const keep = (array: NDArray) => {
    spare.set(keyOf(array), [...(spare.get(keyOf(array)) ?? []), array])
  }
  // An array that was given away takes a result only if none is free. Otherwise every call would add one to the free
  // ones.
  const mayHold = ({ array, reuse }: Held) =>
    reuse === keep || (reuse === unclaimed && !spare.get(keyOf(array))?.length)
  /**
   * For each result, the input whose memory it is written to, if any. Only arrays that this executable has made, or
   * that were given away, qualify: other executables reuse theirs.
   */
  const given = (inputs: readonly (NDArray | DeviceArray)[], donated: readonly boolean[]): (NDArray | undefined)[] => {
    const ours = inputs.map((x, i) => {
      const held = donated[i] && isDeviceArray(x) && inputs.indexOf(x) === inputs.lastIndexOf(x) && memory.get(x)
      return held && mayHold(held) && !held.wasRead ? held.array : undefined
    })
    const key = ours.map((array) => (array ? 1 : 0)).join('')
    const places =
      placesOf.get(key) ??
      inPlace(
        model,
        ours.map((array) => array !== undefined),
      )
    placesOf.set(key, places)
    return places.map((i) => {
      if (i === undefined) return undefined
      memory.delete(inputs[i] as DeviceArray)
      return ours[i]
    })
  }
  const placesOf = new Map<string, ReturnType<typeof inPlace>>()
  const running = new Set<Promise<unknown>>()
  const runOnHost = async (inputs: readonly Promise<NDArray>[], outputs: readonly NDArray[]) => {
    const done = Promise.all(inputs).then((arrays) => run(arrays, outputs))
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
      await runOnHost(inputs.map(onHost), results)
      return results
    },
    async runOnDevice(inputs, donated = []) {
      const arrays = inputs.map(onHost)
      const places = given(inputs, donated)
      const results = typesFor(inputs).map((type, i) => places[i] ?? reused(type))
      await runOnHost(arrays, results)
      return results.map((array) => hostDeviceArray(array, keep))
    },
    async dispose() {
      await Promise.allSettled(running)
      spare.clear()
      await dispose()
    },
  }
}

/** A device array in host memory. `reuse` is called when the memory is free, unless the array was read. */
export function hostDeviceArray(array: NDArray, reuse: (array: NDArray) => void): DeviceArray {
  const { dtype, shape } = array
  const held: Held = { array, reuse, wasRead: false }
  const device: DeviceArray = {
    dtype,
    shape,
    read: async () => {
      if (!memory.has(device))
        throw new CascadeError('engine', `jit: expected an array in use, got a ${dtype}[${shape}] that was disposed of`)
      held.wasRead = true
      return array
    },
    dispose: () => {
      if (memory.delete(device) && !held.wasRead) reuse(array)
    },
  }
  memory.set(device, held)
  return device
}

/** For memory that no executable reuses. */
const unclaimed = () => {}

/** A host array that its owner gives away, as an argument: results may be written to it. */
export const givenAway = (array: NDArray): DeviceArray => hostDeviceArray(array, unclaimed)

/** The host array behind a device array; undefined if it is elsewhere, or a result was written over it. */
export const heldOnHost = (array: DeviceArray): NDArray | undefined => memory.get(array)?.array

/** An argument as a host array. A device array in host memory is not copied. */
export const onHost = async (x: NDArray | DeviceArray): Promise<NDArray> =>
  isDeviceArray(x) ? (memory.get(x)?.array ?? (await x.read())) : x
