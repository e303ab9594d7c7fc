import { open, readlink, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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

/** What the readers accept: a path, the bytes of a file, a Blob or File, or a custom source. */
export type Readable = string | Uint8Array | Blob | ByteSource

/** The most bytes of one read or write. Several are in progress at once. */
export const chunkBytes = 1 << 22

/** Opens a path, or wraps bytes. @throws if there is no such file, or it is a folder. */
export async function openSource(from: Readable): Promise<ByteSource> {
  if (typeof from === 'string') return openFile(from)
  if (from instanceof Uint8Array) return bytesSource(from)
  return from instanceof Blob ? blobSource(from) : from
}

/** Opens a source while `use` runs. A source of the caller stays open. */
export async function withSource<T>(from: Readable, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = await openSource(from)
  try {
    return await use(source)
  } finally {
    if (source !== from) await source.close()
  }
}

async function openFile(path: string): Promise<ByteSource> {
  // Checked before it is opened: opening a pipe would wait for a writer.
  const found = await stat(path).catch(async (cause) => {
    throw new CascadeError(
      'checkpoint',
      `${path}: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? await missing(path) : cause.message}`,
      { cause },
    )
  })
  if (!found.isFile()) throw new CascadeError('checkpoint', `${path}: expected a file, got a folder or a device`)
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return {
    name: path,
    size,
    async readInto(target, offset) {
      for (let done = 0; done < target.length; ) {
        const { bytesRead } = await file.read(target, done, target.length - done, offset + done)
        if (bytesRead === 0)
          throw new CascadeError('checkpoint', `expected ${size} bytes, the file became shorter while reading`)
        done += bytesRead
      }
    },
    sibling: (name) => openFile(join(dirname(path), name)),
    close: () => file.close(),
  }
}

/** Says what is at a path without a file: nothing, or a link to nothing, as git-annex and caches leave them. */
async function missing(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined)
  if (target === undefined) return 'expected a file, there is none'
  const advice = target.includes('annex/objects/') ? ': run `git annex get` in its folder' : ''
  return `expected a file, got a link to ${target}, where there is none${advice}`
}

/** Bytes in memory as a source. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  name: 'bytes',
  size: bytes.length,
  async readInto(target, offset) {
    target.set(bytes.subarray(offset, offset + target.length))
  },
  async close() {},
})

const blobSource = (blob: Blob): ByteSource => ({
  name: 'bytes',
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
