import { CascadeError } from '@cascade-diffusion/checks'
/** Bytes of addresses and of lengths in a file. */
export interface Widths {
  readonly address: number
  readonly length: number
}

/** Reads little-endian numbers in a row. @throws past the end. */
export class Cursor {
  readonly #bytes: Uint8Array<ArrayBuffer>
  #at = 0

  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    readonly widths: Widths,
  ) {
    this.#bytes = bytes
  }

  /** Bytes read so far. */
  get at(): number {
    return this.#at
  }

  /** Bytes left. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    if (!(count >= 0 && count <= this.left))
      throw new CascadeError('checkpoint', `expected ${count} more bytes of a structure, got ${this.left}: corrupt`)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** The next bytes as another cursor. */
  sub(count: number): Cursor {
    return new Cursor(this.bytes(count), this.widths)
  }

  skip(count: number): void {
    this.bytes(count)
  }

  /** Skips to a multiple of 8 bytes from `start`, or to the end. */
  align(start = 0): void {
    this.skip(Math.min((8 - ((this.#at - start) % 8)) % 8, this.left))
  }

  /** An unsigned integer of n bytes. @throws if it is not below 2^53. */
  uint(width: number): number {
    const value = this.bytes(width).reduceRight((sum, byte) => 256 * sum + byte, 0)
    if (!Number.isSafeInteger(value))
      throw new CascadeError('checkpoint', `expected a number below 2^53, got ${value}: corrupt`)
    return value
  }

  /** A length, in the width of the file. */
  length(): number {
    return this.uint(this.widths.length)
  }

  /** An address in the width of the file; undefined if all bits are set, which means that there is none. */
  address(): number | undefined {
    const bytes = this.bytes(this.widths.address)
    if (bytes.every((byte) => byte === 0xff)) return undefined
    this.#at -= bytes.length
    return this.uint(bytes.length)
  }

  /** @throws unless the name of a structure comes next. */
  expect(signature: string): void {
    const got = String.fromCharCode(...this.bytes(signature.length))
    if (got !== signature)
      throw new CascadeError('checkpoint', `expected a structure ${signature}, got ${JSON.stringify(got)}: corrupt`)
  }

  /** @throws unless one of these versions comes next. */
  version(what: string, ...known: readonly number[]): number {
    const version = this.uint(1)
    if (!known.includes(version))
      throw new CascadeError('checkpoint', `${what}: expected version ${known.join(' or ')}, got ${version}`)
    return version
  }
}

/** The string up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}
