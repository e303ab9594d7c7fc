/** Bytes as a zlib stream (RFC 1950): compressed as well as zlib can, or stored as they are where there is none. */
export function zlibStream(bytes: Uint8Array): Uint8Array {
  // Not imported, so that pictures can be encoded in browsers.
  const zlib = globalThis.process?.getBuiltinModule?.('node:zlib')
  return zlib ? zlib.deflateSync(bytes, { level: 9 }) : storedStream(bytes)
}

const mostStored = 0xffff

/** A zlib stream of blocks that are not compressed (RFC 1951, Section 3.2.4). */
export function storedStream(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / mostStored))
  const out = new Uint8Array(2 + 5 * blocks + bytes.length + 4)
  const view = new DataView(out.buffer)
  out.set([0x78, 0x01])
  let at = 2
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * mostStored, (block + 1) * mostStored)
    out[at] = block === blocks - 1 ? 1 : 0
    view.setUint16(at + 1, part.length, true)
    view.setUint16(at + 3, ~part.length, true)
    out.set(part, at + 5)
    at += 5 + part.length
  }
  view.setUint32(at, adler32(bytes))
  return out
}

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0]
  for (let i = 0; i < bytes.length; i++) {
    low = (low + bytes[i]!) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}
