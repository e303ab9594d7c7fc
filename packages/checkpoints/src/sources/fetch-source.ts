import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteSource, blobSource } from './byte-source.ts'

/** Fetches a file as a source, named by its URL without the query, which may hold a key. @throws if that fails. */
export async function fetchSource(url: URL): Promise<ByteSource> {
  const name = `${url.origin}${url.pathname}`
  const fail = (reason: string, cause?: unknown): never => {
    throw new CascadeError('download', `${name}: could not be fetched: ${reason}`, { cause })
  }
  // Node.js says the reason in the error's cause.
  const failed = (error: Error) => fail((error.cause as Error | undefined)?.message || error.message, error)
  const response = await fetch(url).catch(failed)
  if (!response.ok) fail(`the server's answer is ${response.status} ${response.statusText}`.trimEnd())
  const blob = await response.blob().catch(failed)
  return { ...blobSource(blob, name), sibling: (file) => fetchSource(new URL(file, url)) }
}
