import { CascadeError } from '@cascade-diffusion/checks'
import { shorten } from '../json/json.ts'
import { type Pickled, PickledBytes, PickledGlobal, PickledObject } from './pickled.ts'

export interface UnpickleOptions {
  /** The meaning of a call of a class or a function. Nothing is called. */
  readonly call: (global: PickledGlobal, args: readonly Pickled[]) => Pickled
  /** The meaning of a persistent id. */
  readonly persistent: (id: Pickled) => Pickled
  /** The meaning of bytes, a view of those of the pickle. Default: a {@link PickledBytes} of the first ones. */
  readonly bytes?: (content: Uint8Array) => Pickled
  /** What the state of an object does to it. Default: it is kept as the attributes of a {@link PickledObject}. */
  readonly build?: (object: Pickled, state: Pickled) => void
}

/** Bytes that are kept: enough for the key of a dict. */
const keptBytes = 120

const firstBytes = (content: Uint8Array) =>
  new PickledBytes(Buffer.from(content.subarray(0, keptBytes)).toString('latin1'))

function keepState(object: Pickled, state: Pickled): void {
  if (object instanceof PickledObject) object.attributes = state
}

const mark = Symbol('mark')
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Reads a pickle (protocols 2 to 5) as data. Nothing is executed. It may have numbers, strings, bytes, booleans, None,
 * tuples, lists, sets and dicts; calls, whose meaning `call` gives; and unknown objects, with what the pickle says
 * about them.
 * @throws at opcodes of other protocols, and if the pickle is cut short or malformed.
 */
export const unpickle = (bytes: Uint8Array, options: UnpickleOptions): Pickled => unpickleFrom(bytes, 0, options).value

/**
 * As {@link unpickle}, for a pickle that begins at `start` and may be followed by other data, which begins at `end`.
 */
export function unpickleFrom(
  bytes: Uint8Array,
  start: number,
  { call, persistent, bytes: meaningOf = firstBytes, build = keepState }: UnpickleOptions,
): { value: Pickled; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const memo = new Map<number, Pickled>()
  const stack: Pickled[] = []
  let at = start

  const take = (length: number): number => {
    if (at + length > bytes.length)
      throw new CascadeError('checkpoint', `pickle: expected ${length} more bytes at ${at}, got ${bytes.length - at}`)
    at += length
    return at - length
  }
  const u8 = () => view.getUint8(take(1))
  const u32 = () => view.getUint32(take(4), true)
  const u64 = () => Number(view.getBigUint64(take(8), true))
  /** Python also writes halves of surrogate pairs, which are not UTF-8: they become U+FFFD. */
  const text = (length: number) => utf8.decode(bytes.subarray(take(length), at))
  /** Strings of Python 2, which may be bytes. */
  const latin1 = (length: number) => Buffer.from(bytes.subarray(take(length), at)).toString('latin1')
  const line = () => {
    const end = bytes.indexOf(10, at)
    const value = text((end < 0 ? bytes.length : end) - at)
    take(1)
    return value
  }
  const pop = (): Pickled => {
    if (stack.length === 0 || stack.at(-1) === mark)
      throw new CascadeError('checkpoint', `pickle: expected a value on the stack at ${at}`)
    return stack.pop()
  }
  const popTo = (): Pickled[] => {
    const from = stack.lastIndexOf(mark)
    if (from < 0) throw new CascadeError('checkpoint', `pickle: expected a mark on the stack at ${at}`)
    const values = stack.splice(from)
    return values.slice(1)
  }
  const last = (n: number): Pickled[] => Array.from({ length: n }, pop).reverse()
  /** The dict or list on the stack, or that of an object of a subclass. */
  const topDict = (): Map<Pickled, Pickled> => {
    const value = stack.at(-1)
    if (value instanceof Map) return value
    if (!(value instanceof PickledObject))
      throw new CascadeError('checkpoint', `pickle: expected a dict on the stack at ${at}`)
    value.items ??= new Map()
    return value.items
  }
  const topList = (): Pickled[] => {
    const value = stack.at(-1)
    if (Array.isArray(value)) return value
    if (!(value instanceof PickledObject))
      throw new CascadeError('checkpoint', `pickle: expected a list on the stack at ${at}`)
    value.elements ??= []
    return value.elements
  }
  const global = (module: Pickled, name: Pickled) => {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new CascadeError('checkpoint', `pickle: expected a global's module and name at ${at}`)
    // Shortened: a pickle can refer to a long string many times.
    return new PickledGlobal(`${shorten(module)}.${shorten(name)}`)
  }
  /** A class or function by its number in a registry of the program that wrote the file. */
  const extension = (code: number) => stack.push(new PickledGlobal(`copyreg.extension ${code}`))
  const recall = (key: number): Pickled => {
    if (!memo.has(key)) throw new CascadeError('checkpoint', `pickle: expected memo ${key} at ${at}, there is none`)
    return memo.get(key)
  }
  const setItems = (items: Pickled[]) => {
    const dict = topDict()
    if (items.length % 2 === 1)
      throw new CascadeError('checkpoint', `pickle: expected pairs of a key and a value at ${at}`)
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1])
  }
  const addItems = (items: Pickled[]) => {
    const list = topList()
    for (const item of items) list.push(item)
  }
  const callWith = (callable: Pickled, args: Pickled) => {
    if (!Array.isArray(args)) throw new CascadeError('checkpoint', `pickle: expected a call with a tuple at ${at}`)
    stack.push(callable instanceof PickledGlobal ? call(callable, args) : new PickledObject('an object'))
  }
  const callTop = () => {
    const [callable, args] = last(2)
    callWith(callable, args)
  }
  const bytesOf = (length: number) => {
    const from = take(length)
    stack.push(meaningOf(bytes.subarray(from, at)))
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
    66: () => bytesOf(u32()), // BINBYTES
    67: () => bytesOf(u8()), // SHORT_BINBYTES
    142: () => bytesOf(u64()), // BINBYTES8
    150: () => bytesOf(u64()), // BYTEARRAY8
    41: () => stack.push([]), // EMPTY_TUPLE
    93: () => stack.push([]), // EMPTY_LIST
    125: () => stack.push(new Map()), // EMPTY_DICT
    143: () => stack.push([]), // EMPTY_SET
    145: () => stack.push(popTo()), // FROZENSET
    116: () => stack.push(popTo()), // TUPLE
    133: () => stack.push(last(1)), // TUPLE1
    134: () => stack.push(last(2)), // TUPLE2
    135: () => stack.push(last(3)), // TUPLE3
    97: () => addItems(last(1)), // APPEND
    101: () => addItems(popTo()), // APPENDS
    144: () => addItems(popTo()), // ADDITEMS
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
    146: () => {
      const [callable, args] = last(3) // NEWOBJ_EX: keyword arguments do not matter
      callWith(callable, args)
    },
    98: () => {
      const state = pop() // BUILD
      const object = stack.at(-1)
      if (typeof object !== 'object' || object === null || Array.isArray(object))
        throw new CascadeError('checkpoint', `pickle: expected an object on the stack at ${at}`)
      build(object, state)
    },
    48: () => stack.pop(), // POP, also of a mark
    49: () => popTo(), // POP_MARK
    50: () => {
      const value = pop() // DUP
      stack.push(value, value)
    },
    130: () => extension(u8()), // EXT1
    131: () => extension(view.getUint16(take(2), true)), // EXT2
    132: () => extension(u32()), // EXT4
  }

  for (;;) {
    const opcode = u8()
    if (opcode === 0x2e) return { value: pop(), end: at } // STOP
    const operation = operations[opcode]
    if (!operation)
      throw new CascadeError('checkpoint', `pickle: refused the opcode 0x${opcode.toString(16)} at ${at - 1}`)
    operation()
  }
}

/** A little-endian integer in two's complement; NaN beyond 2^53, which no count or size reaches. */
function longFrom(bytes: Uint8Array): number {
  if (bytes.length > 8) return Number.NaN
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  const number = Number(BigInt.asIntN(8 * bytes.length, value))
  return Number.isSafeInteger(number) ? number : Number.NaN
}
