/** A draw: an integer of 0 to `below` - 1. */
export type Next = (below: number) => number

/** xorshift32 of Marsaglia: enough to choose damage, the same in every run. */
export function xorshift(seed: number): Next {
  let x = seed
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

export const oneOf = <T>(items: readonly T[], next: Next): T => items[next(items.length)]!

/** Flips, overwrites, cuts, doubles or removes a few pieces. */
export function damageBytes(good: Uint8Array, next: Next): Uint8Array {
  let bytes = Uint8Array.from(good)
  for (let n = 1 + next(4); n > 0 && bytes.length > 0; n--) {
    const at = next(bytes.length)
    const length = 1 + next(16)
    const kind = next(8)
    if (kind <= 2) bytes[at]! ^= 1 << next(8)
    else if (kind === 3) bytes[at] = oneOf([0, 255, 127, 128], next)
    else if (kind === 4) bytes = bytes.slice(0, at)
    else if (kind === 5) bytes.fill(255, at, at + length)
    else if (kind === 6)
      bytes = new Uint8Array([...bytes.slice(0, at), ...bytes.slice(at, at + length), ...bytes.slice(at)])
    else bytes = new Uint8Array([...bytes.slice(0, at), ...bytes.slice(at + length)])
  }
  return bytes
}

/** The places of bytes that are not zero: most of an HDF5 file is empty. */
export const filledPlaces = (file: Uint8Array): number[] => [...file.keys()].filter((i) => file[i] !== 0)

/** As {@link damageBytes}, at filled places only. Also replaces a number of 8 bytes, such as an address, by another. */
export function damageFilled(good: Uint8Array, places: readonly number[], next: Next): Uint8Array {
  if (next(10) === 0) return damageBytes(good, next)
  if (next(4) === 0) {
    const field = () => ({ at: oneOf(places, next), width: oneOf(widths, next) })
    return damageNumbers(good, [field(), field(), field()], next)
  }
  const bytes = Uint8Array.from(good)
  const place = () => oneOf(places, next)
  const copy = (to: number, from: number, length: number) => bytes.copyWithin(to, from, from + length)
  for (let n = 1 + next(3); n > 0; n--) {
    const kind = next(4)
    if (kind === 0) bytes[place()]! ^= 1 << next(8)
    else if (kind === 1) bytes[place()] = oneOf([0, 1, 2, 255, 127, 128], next)
    else if (kind === 2) copy(place() & ~7, place() & ~7, 8)
    else copy(place(), place(), 1 + next(8))
  }
  return bytes
}

const widths = [1, 2, 4, 8] as const

/** The place of a length, an offset or a count in a file, and its bytes, the lowest first. */
export interface Field {
  readonly at: number
  readonly width: (typeof widths)[number]
}

/** Overwrites one or two numbers by others of the file, by their neighbours, or by limits. */
export function damageNumbers(good: Uint8Array, fields: readonly Field[], next: Next): Uint8Array {
  const bytes = Buffer.from(good)
  for (let n = 1 + next(2); n > 0; n--) {
    const { at, width } = oneOf(fields, next)
    if (at + width > bytes.length) continue
    write(
      bytes,
      { at, width },
      oddNumber(read(bytes, { at, width }), bytes.length, next, () => read(bytes, oneOf(fields, next))),
    )
  }
  return new Uint8Array(bytes)
}

function oddNumber(own: bigint, size: number, next: Next, other: () => bigint): bigint {
  const kind = next(10)
  if (kind === 0) return own + 1n
  if (kind === 1) return own - 1n
  if (kind === 2) return own * 2n
  if (kind === 3) return other()
  if (kind === 4) return BigInt(size - next(64))
  return oneOf([0n, 1n, -1n, 1n << 31n, (1n << 53n) - 1n, 1n << 63n, 1n << 40n, 255n, 0xffffn], next)
}

function read(bytes: Buffer, { at, width }: Field): bigint {
  let value = 0n
  for (let i = Math.min(width, bytes.length - at) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!)
  return value
}

function write(bytes: Buffer, { at, width }: Field, value: bigint): void {
  for (let i = 0; i < width; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n)
}
