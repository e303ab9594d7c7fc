import { type ByteSource, blobSource, bytesSource } from './byte-source.ts'
import { fetchSource } from './fetch-source.ts'
import { openFile } from './open-file.ts'
import { urlOf } from './url-of.ts'

/**
 * What the readers accept: a path, a URL (http, https or file), the bytes of a file, a Blob or File, or a custom source.
 * In a browser a path is relative to the page, and fetched.
 */
export type Readable = string | URL | Uint8Array | Blob | ByteSource

/** Opens a path or a URL, or wraps bytes. @throws if there is no such file, or it is a folder. */
export async function openSource(from: Readable): Promise<ByteSource> {
  if (typeof from === 'string' || from instanceof URL) return openPlace(from)
  if (from instanceof Uint8Array) return bytesSource(from)
  return from instanceof Blob ? blobSource(from) : from
}

async function openPlace(place: string | URL): Promise<ByteSource> {
  const url = urlOf(place)
  if (!url) return openFile(place as string)
  const node = globalThis.process?.getBuiltinModule?.('node:url')
  return node && url.protocol === 'file:' ? openFile(node.fileURLToPath(url)) : fetchSource(url)
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
