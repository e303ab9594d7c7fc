import { CascadeError } from '@cascade-diffusion/checks'

/** A source of bytes: a file, bytes in memory, a Blob, or a custom one. */
export interface ByteSource {
  /** Its name in errors: the path, or `bytes`. */
  readonly name: string
  readonly size: number
  /** Fills `target` with the bytes from `offset`, which are within `size`. Several reads may be in progress at once. */
  readInto(target: Uint8Array, offset: number): Promise<void>
  /**
   * Opens the file of that name beside this one, for formats of several files. The name is plain, not a path. Absent if
   * there are no such files.
   */
  readonly sibling?: (name: string) => Promise<ByteSource>
  /** Closes the source. Nothing can be read afterwards. */
  close(): Promise<void>
}

/** The most bytes of one read or write. Several are in progress at once. */
export const chunkBytes = 1 << 22

/** Bytes in memory as a source. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  name: 'bytes',
  size: bytes.length,
  async readInto(target, offset) {
    target.set(bytes.subarray(offset, offset + target.length))
  },
  async close() {},
})

/** A Blob or a File as a source. */
export const blobSource = (blob: Blob, name = 'bytes'): ByteSource => ({
  name,
  size: blob.size,
  async readInto(target, offset) {
    target.set(new Uint8Array(await blob.slice(offset, offset + target.length).arrayBuffer()))
  },
  async close() {},
})

/** A part of a source, as a source. @throws if it reaches past the end. */
export function sliceSource(source: ByteSource, offset: number, size: number): ByteSource {
  checkRange(source, offset, size)
  const readInto = (target: Uint8Array, at: number) => source.readInto(target, offset + at)
  return { name: source.name, size, readInto, async close() {} }
}

/** Several sources in a row, as one. */
export function joinSources(name: string, sources: readonly ByteSource[]): ByteSource {
  const size = sources.reduce((n, source) => n + source.size, 0)
  async function readInto(target: Uint8Array, offset: number) {
    let begin = 0
    for (const source of sources) {
      const from = Math.max(offset, begin)
      const to = Math.min(offset + target.length, begin + source.size)
      if (from < to) await source.readInto(target.subarray(from - offset, to - offset), from - begin)
      begin += source.size
    }
  }
  const close = async () => {
    for (const source of sources) await source.close()
  }
  return { name, size, readInto, close }
}

/** A copy of bytes. @throws if they reach past the end; nothing is allocated then. */
export async function readBytes(source: ByteSource, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  checkRange(source, offset, length)
  const bytes = new Uint8Array(length)
  await source.readInto(bytes, offset)
  return bytes
}

/** @throws unless `length` bytes from `offset` are within the source. */
export function checkRange({ size }: ByteSource, offset: number, length: number): void {
  if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0))
    throw new CascadeError(
      'checkpoint',
      `expected a place within the file's ${size} bytes, got ${length} at ${offset}: corrupt`,
    )
  if (offset + length > size)
    throw new CascadeError(
      'checkpoint',
      `expected bytes ${offset} to ${offset + length}, the file has ${size}: cut short or corrupt`,
    )
}
