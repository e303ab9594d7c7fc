import { type DeviceArray, type DType, isDeviceArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { TensorType } from '../../graph/graph.ts'
import type { EncodedModel } from '../../onnx/encode.ts'
import { outputShapes } from '../../onnx/model.ts'
import type { ModelOutline } from '../definition.ts'
import type { Executable } from '../engine.ts'
import type { SessionPlan } from '../node/node-session.ts'
import { freeBuffers } from '../shared/free-buffers.ts'
import { onHost } from '../shared/host-executable.ts'
import { inOnePiece } from '../shared/session-options.ts'
import type { ComputeThread } from './compute-thread.ts'
import type { Handle, Request } from './protocol.ts'

/** The threads and handles of the device arrays in use. */
const memory = new WeakMap<DeviceArray, { readonly thread: ComputeThread; readonly handle: Handle }>()

/** Frees what was collected here as garbage without being disposed of. */
const forgotten = new FinalizationRegistry<() => void>((free) => free())

/**
 * An executable of the compute thread, where its device arrays lie. Host arrays are copied on the way there, since the
 * caller keeps them. Results are transferred.
 */
export async function threadExecutable(
  thread: ComputeThread,
  { nodes, inputs, outputs, sequence }: ModelOutline,
  encoded: EncodedModel,
  plan: SessionPlan,
): Promise<Executable> {
  const executable = thread.handle()
  // Only what is needed, without the weights.
  const outline = nodes.map(({ opType, inputs, outputs }) => ({ opType, inputs, outputs }))
  const model: ModelOutline = { nodes: outline, inputs, outputs, sequence }
  const whole = inOnePiece(encoded)
  const given = [whole.bytes, ...(whole.external?.pieces ?? [])].map(({ buffer }) => buffer as ArrayBuffer)
  await thread.ask({ kind: 'compile', executable, model, encoded: whole, plan }, given)
  return proxy(thread, executable, model)
}

function proxy(thread: ComputeThread, executable: Handle, model: ModelOutline): Executable {
  const running = new Set<Promise<unknown>>()
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }

  // The buffers that arguments were sent in, by position: the next call's are likely to have the same size.
  let spare: readonly (NDArray | undefined)[] = []
  const keep = (arrays: typeof spare) => {
    freeBuffers(spare.flatMap((array) => array?.data ?? []))
    spare = arrays
  }
  const send = async (arrays: readonly (NDArray | DeviceArray)[]) => {
    const all = await Promise.all(arrays.map(async (x) => handleOf(x, thread) ?? (await onHost(x))))
    const inputs = all.map((x, i) => (typeof x === 'number' ? x : copyOf(x, spare[i])))
    const given = inputs.flatMap((x) => (typeof x === 'number' ? [] : [x.data]))
    // Buffers that are sent again must not be freed.
    const again = new Set<NDArray['data']>(given)
    spare = spare.filter((array) => array && !again.has(array.data))
    keep([])
    return { inputs, given: given.map(({ buffer }) => buffer as ArrayBuffer) }
  }
  const ask = async (request: Request, given: readonly ArrayBuffer[]) => {
    const { arrays, spent = [] } = await thread.ask(request, given)
    keep(spent)
    return arrays
  }

  const run = async (arrays: readonly (NDArray | DeviceArray)[], wanted: readonly (NDArray | undefined)[]) => {
    const { inputs, given } = await send(arrays)
    const results = await ask({ kind: 'run', executable, inputs }, given)
    return results.map((result, i) => {
      const [array, out] = [result as NDArray, wanted[i]]
      if (!out) return array
      out.data.set(array.data)
      freeBuffers([array.data])
      return out
    })
  }
  const runOnDevice = async (arrays: readonly (NDArray | DeviceArray)[], donated: readonly boolean[]) => {
    const types = outputShapes(model, arrays).map((shape, i) => ({ dtype: model.outputs[i]?.dtype as DType, shape }))
    const results = types.map(() => thread.handle())
    const { inputs, given } = await send(arrays)
    const values = await ask({ kind: 'runOnDevice', executable, inputs, donated, results }, given)
    return types.map((type, i) => threadArray(type, { thread, handle: results[i] as Handle }, values[i]))
  }

  const self: Executable = {
    run: (arrays, wanted = []) => counted(run(arrays, wanted)),
    runOnDevice: (arrays, donated = []) => counted(runOnDevice(arrays, donated)),
    async dispose() {
      await Promise.allSettled(running)
      forgotten.unregister(self)
      keep([])
      await thread.ask({ kind: 'dispose', executable })
    },
  }
  forgotten.register(self, freeing(thread, executable), self)
  return self
}

/** Made outside of the functions above, whose variables it would keep alive. */
const freeing = (thread: ComputeThread, executable: Handle) => () =>
  void thread.ask({ kind: 'dispose', executable }).catch(() => {})
const dropping = (thread: ComputeThread, array: Handle) => () => thread.drop(array)

const handleOf = (x: NDArray | DeviceArray, thread: ComputeThread): Handle | undefined => {
  const place = isDeviceArray(x) ? memory.get(x) : undefined
  return place?.thread === thread ? place.handle : undefined
}

/** A copy in its own buffer: that of `spare`, if it fits. (A Buffer's memory may be part of a larger one.) */
function copyOf({ dtype, shape, data }: NDArray, spare: NDArray | undefined): NDArray {
  if (spare?.dtype === dtype && spare.data.length === data.length) {
    spare.data.set(data)
    return { dtype, shape, data: spare.data } as NDArray
  }
  return { dtype, shape, data: data instanceof Uint8Array ? new Uint8Array(data) : data.slice() } as NDArray
}

/** A result that stays in the thread. @param value its value, if that came with the answer. */
function threadArray(
  { dtype, shape }: TensorType,
  place: { readonly thread: ComputeThread; readonly handle: Handle },
  value: NDArray | undefined,
): DeviceArray {
  const { thread, handle } = place
  const array: DeviceArray = {
    dtype,
    shape,
    read: async () => {
      if (!memory.has(array))
        throw new CascadeError('engine', `jit: expected an array in use, got a ${dtype}[${shape}] that was disposed of`)
      return value ?? ((await thread.ask({ kind: 'read', array: handle })).arrays[0] as NDArray)
    },
    dispose: () => {
      if (!memory.delete(array)) return
      forgotten.unregister(array)
      thread.drop(handle)
    },
  }
  memory.set(array, place)
  forgotten.register(array, dropping(thread, handle), array)
  return array
}
