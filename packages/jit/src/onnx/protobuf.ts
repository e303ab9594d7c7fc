import { CascadeError } from '@cascade-diffusion/checks'
/**
 * A protobuf message type (https://protobuf.dev/programming-guides/encoding): its fields with their numbers and types.
 * `int` stands for every varint type. A field whose value is a list is repeated.
 */
export interface MessageType {
  readonly [field: string]: readonly [number: number, type: 'int' | 'float' | 'string' | 'bytes' | MessageType]
}

type FieldType = MessageType[string][1]

const VARINT = 0
const DELIMITED = 2
const FIXED32 = 5

/**
 * Serialises a record of fields. Undefined fields are left out. The bytes are written from the end to the beginning:
 * the length of an inner message, which stands before it, is known by then.
 * @param room bytes to allocate at first; the buffer grows as needed.
 */
export function encodeMessage(type: MessageType, message: object, room = 2 ** 16): Uint8Array {
  let bytes = new Uint8Array(room)
  let at = room

  /** Makes room for `count` bytes in front of those already written. */
  const make = (count: number) => {
    if (count > at) {
      const written = bytes.length - at
      const larger = new Uint8Array(Math.max(2 * bytes.length, written + count))
      larger.set(bytes.subarray(at), larger.length - written)
      at = larger.length - written
      bytes = larger
    }
    at -= count
  }
  const varint = (value: number | bigint) => {
    let rest = value < 0 ? BigInt.asUintN(64, BigInt(value)) : value
    let size = 1
    for (let left = Number(rest); left >= 128; left = Math.floor(left / 128)) size++
    if (value < 0) size = 10
    make(size)
    for (let i = at; i < at + size; i++) {
      bytes[i] = Number(typeof rest === 'bigint' ? rest & 127n : rest % 128) | 128
      rest = typeof rest === 'bigint' ? rest >> 7n : Math.floor(rest / 128)
    }
    const last = at + size - 1
    bytes[last] = (bytes[last] as number) & 127
  }
  const raw = (content: Uint8Array) => {
    make(content.length)
    bytes.set(content, at)
    varint(content.length)
  }
  const text = (value: string) => {
    make(value.length)
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 128) {
        at += value.length
        raw(new TextEncoder().encode(value))
        return
      }
      bytes[at + i] = code
    }
    varint(value.length)
  }
  const field = ([number, type]: MessageType[string], value: unknown) => {
    if (type === 'int') varint(value as number | bigint)
    else if (type === 'string') text(value as string)
    else if (type === 'bytes') raw(value as Uint8Array)
    else if (type === 'float') {
      make(4)
      new DataView(bytes.buffer).setFloat32(at, value as number, true)
    } else {
      const end = bytes.length - at
      write(type, value as object)
      varint(bytes.length - at - end)
    }
    varint(number * 8 + wireType(type))
  }
  const write = (type: MessageType, message: object) => {
    const names = Object.keys(message)
    for (let n = names.length - 1; n >= 0; n--) {
      const name = names[n] as string
      const value = (message as Readonly<Record<string, unknown>>)[name]
      const known = type[name]
      if (!known)
        throw new CascadeError('internal', `protobuf: expected one of the fields [${Object.keys(type)}], got '${name}'`)
      if (Array.isArray(value)) for (let i = value.length - 1; i >= 0; i--) field(known, value[i])
      else if (value !== undefined) field(known, value)
    }
  }
  write(type, message)
  return bytes.subarray(at)
}

const wireType = (type: FieldType) => (type === 'int' ? VARINT : type === 'float' ? FIXED32 : DELIMITED)
