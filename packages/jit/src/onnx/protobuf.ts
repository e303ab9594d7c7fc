/**
 * A type of message of protobuf (https://protobuf.dev/programming-guides/encoding): its fields with their numbers and types.
 * `int` stands for every type that is a varint. A field that holds a list is repeated.
 */
export interface MessageType {
  readonly [field: string]: readonly [number: number, type: 'int' | 'float' | 'string' | 'bytes' | MessageType]
}

type FieldType = MessageType[string][1]

const VARINT = 0
const DELIMITED = 2
const FIXED32 = 5

/** Serialises a record of fields; those that are undefined are left out. */
export function encodeMessage(type: MessageType, message: object): Uint8Array {
  const sizes = new Map<object, number>()
  const bytes = new Uint8Array(sizeOfMessage(type, message, sizes))
  const view = new DataView(bytes.buffer)
  let at = 0

  const varint = (value: number | bigint) => {
    let rest = unsigned(value)
    for (; rest >= 128; rest = typeof rest === 'bigint' ? rest >> 7n : Math.floor(rest / 128))
      bytes[at++] = Number(typeof rest === 'bigint' ? rest & 127n : rest % 128) | 128
    bytes[at++] = Number(rest)
  }
  const put = (type: FieldType, value: unknown) => {
    if (type === 'int') varint(value as number | bigint)
    else if (type === 'float') {
      view.setFloat32(at, value as number, true)
      at += 4
    } else if (typeof type === 'object') {
      varint(sizes.get(value as object) as number)
      write(type, value as object)
    } else {
      const content = type === 'string' ? new TextEncoder().encode(value as string) : (value as Uint8Array)
      varint(content.length)
      bytes.set(content, at)
      at += content.length
    }
  }
  const write = (type: MessageType, message: object) => {
    for (const [number, fieldType, value] of fieldsOf(type, message)) {
      varint(number * 8 + wireType(fieldType))
      put(fieldType, value)
    }
  }
  write(type, message)
  return bytes
}

/** Every value that a message has, one by one. */
function* fieldsOf(type: MessageType, message: object): Generator<readonly [number, FieldType, unknown]> {
  for (const [name, value] of Object.entries(message)) {
    const field = type[name]
    if (!field) throw new Error(`protobuf: expected one of the fields [${Object.keys(type)}], got '${name}'`)
    if (Array.isArray(value)) for (const one of value) yield [...field, one]
    else if (value !== undefined) yield [...field, value]
  }
}

const wireType = (type: FieldType) => (type === 'int' ? VARINT : type === 'float' ? FIXED32 : DELIMITED)

/** Negative numbers are varints of 64 bits. */
const unsigned = (value: number | bigint) => (value < 0 ? BigInt.asUintN(64, BigInt(value)) : value)

/** In bytes. Those of the messages within are kept in `sizes`: they are written before them. */
function sizeOfMessage(type: MessageType, message: object, sizes: Map<object, number>): number {
  let size = 0
  for (const [number, fieldType, value] of fieldsOf(type, message))
    size += sizeOfVarint(number * 8) + sizeOfValue(fieldType, value, sizes)
  sizes.set(message, size)
  return size
}

function sizeOfValue(type: FieldType, value: unknown, sizes: Map<object, number>): number {
  if (type === 'int') return sizeOfVarint(value as number | bigint)
  if (type === 'float') return 4
  const length =
    typeof type === 'object'
      ? sizeOfMessage(type, value as object, sizes)
      : type === 'string'
        ? new TextEncoder().encode(value as string).length
        : (value as Uint8Array).length
  return sizeOfVarint(length) + length
}

function sizeOfVarint(value: number | bigint): number {
  if (value < 0) return 10
  let size = 1
  for (let rest = Number(value); rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}
