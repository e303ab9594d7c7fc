/** The deepest nesting of structures that a file may have. Parquet's own has six. */
const maxDepth = 32

/** The bytes of the longest varint, of 64 bits. */
const maxVarintBytes = 10

/**
 * Walks over a structure of Thrift's compact protocol without keeping anything. hyparquet reserves as much memory as
 * the lengths in it say, and follows numbers and nesting of any length, so bytes that this function has not passed are
 * not given to it.
 * @returns the end of the structure, or undefined if the bytes end before it does.
 * @throws if it violates the protocol, or a list claims more elements than there are bytes.
 */
export function thriftEnd(bytes: Uint8Array, from = 0): number | undefined {
  let at = from
  const short = Symbol('short')
  const byte = (): number => {
    if (at >= bytes.length) throw short
    return bytes[at++] as number
  }
  const varint = (): number => {
    let value = 0
    for (let i = 0; i < maxVarintBytes; i++) {
      const next = byte()
      value += (next & 0x7f) * 2 ** (7 * i)
      if (next < 0x80) return value
    }
    throw new Error(`a number of more than ${maxVarintBytes} bytes at ${at}`)
  }
  const skip = (length: number): void => {
    if (length > bytes.length - at) throw short
    at += length
  }
  const element = (type: number, depth: number): void => {
    if (type === 1 || type === 2) return
    if (type === 3) skip(1)
    else if (type >= 4 && type <= 6) varint()
    else if (type === 7) skip(8)
    else if (type === 8) skip(varint())
    else if (type === 9) list(depth + 1)
    else if (type === 12) struct(depth + 1)
    else throw new Error(`an unknown type ${type} at ${at}`)
  }
  const checkDepth = (depth: number): void => {
    if (depth > maxDepth) throw new Error(`structures nested more than ${maxDepth} deep at ${at}`)
  }
  const list = (depth: number): void => {
    checkDepth(depth)
    const head = byte()
    const length = head >> 4 === 15 ? varint() : head >> 4
    const type = head & 15
    if (length > bytes.length - at) throw short
    for (let i = 0; i < length; i++) element(type === 1 || type === 2 ? 3 : type, depth)
  }
  const struct = (depth: number): void => {
    checkDepth(depth)
    for (let head = byte(); (head & 15) !== 0; head = byte()) {
      if (head >> 4 === 0) varint()
      element(head & 15, depth)
    }
  }
  try {
    struct(0)
    return at
  } catch (error) {
    if (error === short) return undefined
    throw error
  }
}
