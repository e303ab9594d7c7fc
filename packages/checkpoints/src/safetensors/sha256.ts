/** SHA-256 of bytes that come in pieces. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** The digest in hexadecimal digits. Nothing can be added afterwards. */
  digest(): string
}

/** Node.js's own SHA-256, or where there is none, as in browsers, whose digests need all bytes at once, one in JavaScript. */
export function sha256(): Sha256 {
  const crypto = globalThis.process?.getBuiltinModule?.('node:crypto')
  if (!crypto) return portableSha256()
  const hash = crypto.createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
}

const blockBytes = 64

/** The first 32 bits of the fractional part of a root of each of the first primes (FIPS 180-4, Sections 4.2.2, 5.3.3). */
function constants(count: number, root: (x: number) => number): Int32Array {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n)
  return Int32Array.from(primes, (p) => Math.floor((root(p) % 1) * 2 ** 32))
}

/** SHA-256 (FIPS 180-4) in JavaScript. */
export function portableSha256(): Sha256 {
  const k = constants(64, Math.cbrt)
  const state = constants(8, Math.sqrt)
  // Signed: engines compute with them without conversions.
  const w = new Int32Array(64)
  const rest = new Uint8Array(blockBytes)
  let length = 0

  function compress(view: DataView, at: number): void {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i)
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!
      const y = w[i - 2]!
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
    }
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    let e = state[4]!
    let f = state[5]!
    let g = state[6]!
    let h = state[7]!
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
    state[4]! += e
    state[5]! += f
    state[6]! += g
    state[7]! += h
  }

  function update(bytes: Uint8Array): void {
    let at = 0
    const held = length % blockBytes
    length += bytes.length
    if (held > 0) {
      at = Math.min(blockBytes - held, bytes.length)
      rest.set(bytes.subarray(0, at), held)
      if (held + at < blockBytes) return
      compress(new DataView(rest.buffer), 0)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (; at + blockBytes <= bytes.length; at += blockBytes) compress(view, at)
    rest.set(bytes.subarray(at))
  }

  return {
    update,
    digest() {
      const bits = BigInt(length) * 8n
      const padding = new Uint8Array(((blockBytes + 55 - (length % blockBytes)) % blockBytes) + 9)
      padding[0] = 0x80
      new DataView(padding.buffer).setBigUint64(padding.length - 8, bits)
      update(padding)
      return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
}
