import { open } from 'node:fs/promises'

/** Where the readers take bytes from: a file, or bytes already in memory. Nothing beyond `size` is ever allocated for. */
export interface ByteSource {
  /** What error messages call it: the path, or `bytes`. */
  readonly name: string
  readonly size: number
  /** A fresh copy of `length` bytes from `offset`. @throws if they reach past the end: the file is cut short. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** The most bytes that one read or write asks of the system, which refuses 2 GiB and more. */
export const chunkBytes = 1 << 26

/** Opens a path, or wraps bytes, for as long as `use` runs. */
export async function withSource<T>(from: string | Uint8Array, use: (source: ByteSource) => Promise<T>): Promise<T> {
  if (typeof from !== 'string')
    return use({
      name: 'bytes',
      size: from.length,
      async read(offset, length) {
        checkRange(this, offset, length)
        return new Uint8Array(from.subarray(offset, offset + length))
      },
    })
  const file = await open(from, 'r')
  try {
    const { size } = await file.stat()
    return await use({
      name: from,
      size,
      async read(offset, length) {
        checkRange(this, offset, length)
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(bytes, done, Math.min(chunkBytes, length - done), offset + done)
          if (bytesRead === 0) throw new Error(`${from}: expected ${size} bytes, the file became shorter while reading`)
          done += bytesRead
        }
        return bytes
      },
    })
  } finally {
    await file.close()
  }
}

function checkRange({ name, size }: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size))
    throw new Error(
      `${name}: expected bytes ${offset} to ${offset + length}, the file has ${size}: cut short or corrupt`,
    )
}
