import type { DeviceArray, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Executable } from '../engine.ts'
import { createExecutable } from '../node/node-executable.ts'
import { freeBuffers } from '../shared/free-buffers.ts'
import { givenAway, heldOnHost, onHost } from '../shared/host-executable.ts'
import { type Gate, within } from './gate.ts'
import type { Answer, Handle, Message, Reply, Request } from './protocol.ts'

/** Results of at most this many numbers come with the answer, so that a loss needs no other request. */
const SMALL = 256

/** A port that requests come from and replies go to. */
export interface Port {
  on(event: 'message', listener: (message: Message) => void): unknown
  postMessage(reply: Reply, transfer: readonly ArrayBuffer[]): void
}

/** Runs the compute thread: serves the requests of a port one after the other, each within the gate. */
export function serve(port: Port, gate: Gate): void {
  const answer = server()
  const reply = async ({ id, request }: Message) => {
    let sent: Reply | undefined
    try {
      const given = await answer(request)
      if (id !== undefined) sent = { id, answer: given }
    } catch (error) {
      if (id !== undefined) sent = { id, error }
    }
    if (sent) port.postMessage(sent, 'answer' in sent ? buffersOf(sent.answer) : [])
  }
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', (message) => {
    last = last.then(() => within(gate, () => reply(message)))
  })
}

const buffersOf = ({ arrays, spent = [] }: Answer) =>
  [...arrays, ...spent].flatMap((array) => (array ? [array.data.buffer as ArrayBuffer] : []))

/** What answers requests, with the executables and arrays of this thread. */
function server(): (request: Request) => Promise<Answer> {
  const executables = new Map<Handle, Executable>()
  const arrays = new Map<Handle, DeviceArray>()
  const known = <T>(map: ReadonlyMap<Handle, T>, handle: Handle): T => {
    const found = map.get(handle)
    if (!found) throw new CascadeError('engine', `jit: expected a handle in use, got ${handle}`)
    return found
  }
  // A host array was made for this call: results may be written to it.
  const argument = (x: NDArray | Handle) => (typeof x === 'number' ? known(arrays, x) : givenAway(x))
  const spentOf = (inputs: readonly (NDArray | Handle)[], given: readonly DeviceArray[]) =>
    given.map((array, i) => {
      const held = typeof inputs[i] === 'number' ? undefined : heldOnHost(array)
      return held && held.data.length > SMALL ? held : undefined
    })

  return async (request) => {
    switch (request.kind) {
      case 'compile': {
        const { executable, model, encoded, plan } = request
        executables.set(executable, await createExecutable(model, encoded, plan))
        freeBuffers([encoded.bytes, ...(encoded.external?.pieces ?? [])])
        return nothing
      }
      case 'run': {
        const given = request.inputs.map(argument)
        const results = await known(executables, request.executable).run(given)
        return { arrays: results, spent: spentOf(request.inputs, given) }
      }
      case 'runOnDevice': {
        const { inputs, donated } = request
        const given = inputs.map(argument)
        const mayHold = inputs.map((x, i) => typeof x !== 'number' || (donated[i] as boolean))
        const results = await known(executables, request.executable).runOnDevice(given, mayHold)
        for (const [i, result] of results.entries()) arrays.set(request.results[i] as Handle, result)
        const values = results.map((result) => {
          const array = heldOnHost(result)
          return array && array.data.length <= SMALL ? copied(array) : undefined
        })
        return { arrays: values, spent: spentOf(inputs, given) }
      }
      case 'read':
        return { arrays: [copied(await onHost(known(arrays, request.array)))] }
      case 'drop':
        for (const handle of request.arrays) {
          arrays.get(handle)?.dispose()
          arrays.delete(handle)
        }
        return nothing
      case 'dispose':
        await executables.get(request.executable)?.dispose()
        executables.delete(request.executable)
        return nothing
    }
  }
}

const nothing: Answer = { arrays: [] }

const copied = (array: NDArray): NDArray => ({ ...array, data: array.data.slice() }) as NDArray
