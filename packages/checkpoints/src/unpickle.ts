import { shorten } from './json.ts'

/** A name from a Python module, such as `collections.OrderedDict`; only those that the caller allows ever exist. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

/** An object that is its attributes, a Map once they are there. */
export class PickledRecord {
  attributes: Pickled = null
}

/** What the plain part of a pickle becomes: tuples, lists and sets are arrays, dicts are Maps, None and bytes are null. */
export type Pickled = unknown

export interface UnpickleOptions {
  /** Gives the values of allowed calls. @throws for any other. */
  readonly call: (global: PickledGlobal, args: readonly Pickled[]) => Pickled
  /** The full names, `module.name`, that the pickle may mention. */
  readonly globals: ReadonlySet<string>
  /** Gives what a persistent id stands for. */
  readonly persistent: (id: Pickled) => Pickled
}

const mark = Symbol('mark')

/**
 * Reads a pickle (protocols 2 to 5) as data. Nothing is executed: there are numbers, strings, bytes, booleans, None, tuples, lists,
 * sets, dicts, and calls of the allowed globals, which `call` gives a meaning. The state that `BUILD` would give an object is dropped,
 * except that of a {@link PickledRecord}.
 * @throws at any other global or opcode, naming it, and if the pickle is cut short or malformed.
 */
export const unpickle = (bytes: Uint8Array, options: UnpickleOptions): Pickled => unpickleFrom(bytes, 0, options).value

/** As {@link unpickle}, of a pickle that begins at `start` and may be followed by other things; `end` is where they begin. */
export function unpickleFrom(
  bytes: Uint8Array,
  start: number,
  { call, globals, persistent }: UnpickleOptions,
): { value: Pickled; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const memo = new Map<number, Pickled>()
  const stack: Pickled[] = []
  let at = start

  const take = (length: number): number => {
    if (at + length > bytes.length)
      throw new Error(`pickle: expected ${length} more bytes at ${at}, got ${bytes.length - at}`)
    at += length
    return at - length
  }
  const u8 = () => view.getUint8(take(1))
  const u32 = () => view.getUint32(take(4), true)
  const u64 = () => Number(view.getBigUint64(take(8), true))
  const text = (length: number) => {
    const part = bytes.subarray(take(length), at)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(part)
    } catch {
      throw new Error(`pickle: expected text in UTF-8 at ${at - length}`)
    }
  }
  /** Python 2's strings, which may be bytes. */
  const latin1 = (length: number) => Buffer.from(bytes.subarray(take(length), at)).toString('latin1')
  const line = () => {
    const end = bytes.indexOf(10, at)
    const value = text((end < 0 ? bytes.length : end) - at)
    take(1)
    return value
  }
  const pop = (): Pickled => {
    if (stack.length === 0 || stack.at(-1) === mark) throw new Error(`pickle: expected a value on the stack at ${at}`)
    return stack.pop()
  }
  const popTo = (): Pickled[] => {
    const from = stack.lastIndexOf(mark)
    if (from < 0) throw new Error(`pickle: expected a mark on the stack at ${at}`)
    const values = stack.splice(from)
    return values.slice(1)
  }
  const last = (n: number): Pickled[] => Array.from({ length: n }, pop).reverse()
  const top = <T>(type: abstract new (...args: never[]) => T): T => {
    const value = stack.at(-1)
    if (!(value instanceof type)) throw new Error(`pickle: expected a ${type.name} on the stack at ${at}`)
    return value
  }
  const global = (module: Pickled, name: Pickled) => {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new Error(`pickle: expected a global's module and name at ${at}`)
    const full = `${module}.${name}`
    if (!globals.has(full))
      throw new Error(
        `pickle: refused the global ${shorten(full)}: only tensors and plain containers are built, and nothing is executed`,
      )
    return new PickledGlobal(full)
  }
  const recall = (key: number): Pickled => {
    if (!memo.has(key)) throw new Error(`pickle: expected memo ${key} at ${at}, there is none`)
    return memo.get(key)
  }
  const setItems = (items: Pickled[]) => {
    const dict = top(Map)
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]
      if ((typeof key !== 'string' && typeof key !== 'number') || i + 1 === items.length)
        throw new Error(`pickle: expected pairs of a string or number and a value, got a key of ${typeof key}`)
      dict.set(key, items[i + 1])
    }
  }

  const addItems = () => {
    const items = popTo()
    const list = top(Array)
    for (const item of items) list.push(item)
  }
  const callTop = () => {
    const [callable, args] = last(2)
    if (!(callable instanceof PickledGlobal) || !Array.isArray(args))
      throw new Error(`pickle: expected a call of a global with a tuple at ${at}`)
    stack.push(call(callable, args))
  }
  /** Bytes, which are not kept. */
  const skip = (length: number) => {
    take(length)
    stack.push(null)
  }

  const operations: Record<number, () => void> = {
    128: () => take(1), // PROTO
    149: () => take(8), // FRAME
    40: () => stack.push(mark), // MARK
    78: () => stack.push(null), // NONE
    136: () => stack.push(true), // NEWTRUE
    137: () => stack.push(false), // NEWFALSE
    75: () => stack.push(u8()), // BININT1
    77: () => stack.push(view.getUint16(take(2), true)), // BININT2
    74: () => stack.push(view.getInt32(take(4), true)), // BININT
    138: () => stack.push(longFrom(bytes.subarray(take(u8()), at))), // LONG1
    139: () => stack.push(longFrom(bytes.subarray(take(u32()), at))), // LONG4
    71: () => stack.push(view.getFloat64(take(8), false)), // BINFLOAT
    88: () => stack.push(text(u32())), // BINUNICODE
    140: () => stack.push(text(u8())), // SHORT_BINUNICODE
    141: () => stack.push(text(u64())), // BINUNICODE8
    84: () => stack.push(latin1(u32())), // BINSTRING
    85: () => stack.push(latin1(u8())), // SHORT_BINSTRING
    66: () => skip(u32()), // BINBYTES
    67: () => skip(u8()), // SHORT_BINBYTES
    142: () => skip(u64()), // BINBYTES8
    150: () => skip(u64()), // BYTEARRAY8
    41: () => stack.push([]), // EMPTY_TUPLE
    93: () => stack.push([]), // EMPTY_LIST
    125: () => stack.push(new Map()), // EMPTY_DICT
    143: () => stack.push([]), // EMPTY_SET
    145: () => stack.push(popTo()), // FROZENSET
    116: () => stack.push(popTo()), // TUPLE
    133: () => stack.push(last(1)), // TUPLE1
    134: () => stack.push(last(2)), // TUPLE2
    135: () => stack.push(last(3)), // TUPLE3
    97: () => {
      const [item] = last(1) // APPEND
      top(Array).push(item)
    },
    101: () => addItems(), // APPENDS
    144: () => addItems(), // ADDITEMS
    115: () => setItems(last(2)), // SETITEM
    117: () => setItems(popTo()), // SETITEMS
    113: () => memo.set(u8(), stack.at(-1)), // BINPUT
    114: () => memo.set(u32(), stack.at(-1)), // LONG_BINPUT
    148: () => memo.set(memo.size, stack.at(-1)), // MEMOIZE
    104: () => stack.push(recall(u8())), // BINGET
    106: () => stack.push(recall(u32())), // LONG_BINGET
    99: () => stack.push(global(line(), line())), // GLOBAL
    147: () => {
      const [module, name] = last(2) // STACK_GLOBAL
      stack.push(global(module, name))
    },
    81: () => stack.push(persistent(pop())), // BINPERSID
    82: () => callTop(), // REDUCE
    129: () => callTop(), // NEWOBJ
    98: () => {
      const state = pop() // BUILD
      const object = stack.at(-1)
      if (object instanceof PickledRecord) object.attributes = state
      else if (object !== null) top(Map)
    },
  }

  for (;;) {
    const opcode = u8()
    if (opcode === 0x2e) return { value: pop(), end: at } // STOP
    const operation = operations[opcode]
    if (!operation) throw new Error(`pickle: refused the opcode 0x${opcode.toString(16)} at ${at - 1}`)
    operation()
  }
}

/** A little-endian two's complement integer; NaN beyond 2^53, where nothing that counts or measures can be. */
function longFrom(bytes: Uint8Array): number {
  if (bytes.length > 8) return Number.NaN
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  const number = Number(BigInt.asIntN(8 * bytes.length, value))
  return Number.isSafeInteger(number) ? number : Number.NaN
}
