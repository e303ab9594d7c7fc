import { setTimeout as sleep } from 'node:timers/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Checksum } from './checksum.ts'
import { Hopeless, WrongChecksum } from './errors.ts'
import { fetchRest } from './fetch-rest.ts'
import { HttpError, shown } from './http.ts'
import { Part, type Validator } from './part.ts'

/** How far something has come, of a total that may be unknown. */
export type OnProgress = (done: number, total: number | undefined) => void

/** Options of {@link download}. */
export interface DownloadOptions {
  /** Where the file is to lie. What has come of it lies beside it, in `NAME.part`. */
  readonly path: string
  /** The SHA-256 that it must have, in hexadecimal digits. Default: what the server gives, if it does. */
  readonly sha256?: string
  /** Sent to the server, `authorization` for instance; what is secret goes to the first host only. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly onProgress?: OnProgress
  /** How many attempts in a row may bring nothing further. Default 5. */
  readonly attempts?: number
  /** Milliseconds without a byte after which a connection is given up. Default 60,000. */
  readonly stallAfter?: number
  /** Milliseconds before the second attempt that follows one in vain; twice as many before each further one. Default 500. */
  readonly retryDelay?: number
  /** Called once all has come and is checked, before the file is there under its name. */
  readonly onVerified?: (file: Downloaded) => Promise<void>
}

/** A file that was downloaded. */
export interface Downloaded {
  readonly path: string
  /** Of what has come, in hexadecimal digits. */
  readonly sha256: string
  readonly size: number
  /** What vouches for it: `sha256` of the options, or what the server gave; nothing if there was none. */
  readonly checkedBy?: string
  readonly etag?: string
  readonly lastModified?: string
}

/**
 * Downloads a file. A connection that breaks off is taken up again where it ended, as long as that brings something further;
 * what has come stays, and the next call goes on from there, in another process too, if the server's file is still the same
 * (`If-Range`). The file appears under its name once it is complete and checked. Of several processes that want the same
 * file one downloads it, and the others wait.
 * @returns the file, or nothing if another process completed it meanwhile.
 * @throws saying why: the server refuses, cannot be reached or keeps breaking off; a page came instead of a file; the
 * checksum is another (nothing is kept then); the disk is full.
 */
export async function download(url: string, options: DownloadOptions): Promise<Downloaded | undefined> {
  const { path, signal = new AbortController().signal } = options
  const part = await Part.claim(path, signal)
  if (!part) return undefined
  let finished = false
  try {
    const checksum = await fetchAll(url, part, options, signal)
    const file = describe(part, path, checksum)
    await options.onVerified?.(file)
    await part.finish()
    finished = true
    return file
  } finally {
    if (!finished) await part.release()
  }
}

async function fetchAll(url: string, part: Part, options: DownloadOptions, signal: AbortSignal) {
  const { sha256, headers = {}, onProgress, attempts = 5, stallAfter = 60_000, retryDelay = 500 } = options
  const given: Checksum | undefined = sha256 ? { algorithm: 'sha256', digest: sha256, source: 'sha256' } : undefined
  const name = shown(new URL(url))
  let vain = 0
  let furthest = part.done
  for (;;) {
    try {
      const announced = await fetchRest(url, part, { headers, signal, stallAfter, onProgress, checked: !!given })
      const checksum = given ?? announced
      await check(name, part, checksum)
      return checksum
    } catch (error) {
      signal.throwIfAborted()
      const joined = error instanceof WrongChecksum && error.joined
      const hopeless = error instanceof Hopeless || (error instanceof HttpError && !error.passing)
      if (hopeless && !joined) throw error
      vain = part.done > furthest ? 0 : vain + 1
      furthest = Math.max(furthest, part.done)
      if (vain >= attempts) throw givingUp(name, part, attempts, error as Error)
      await sleep(Math.max(retryDelay * 2 ** Math.max(0, vain - 1), retryAfter(error)), undefined, { signal }).catch(
        () => {},
      )
      signal.throwIfAborted()
    }
  }
}

async function check(name: string, part: Part, checksum: Checksum | undefined): Promise<void> {
  if (!checksum) return
  const { algorithm, digest, source } = checksum
  const got = part.digest(algorithm)
  if (got === digest.toLowerCase()) return
  const { resumed } = part
  await part.restart()
  const title = algorithm === 'sha256' ? 'SHA-256' : 'MD5'
  throw new WrongChecksum(`${name}: expected ${title} ${digest} (${source}), got ${got}; it was thrown away`, resumed)
}

const describe = (part: Part, path: string, checksum: Checksum | undefined): Downloaded => {
  const { etag, lastModified }: Validator = part.validator ?? {}
  return {
    path,
    sha256: part.digest('sha256'),
    size: part.done,
    ...(checksum && { checkedBy: checksum.source }),
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
  }
}

function givingUp(name: string, part: Part, attempts: number, cause: Error): Error {
  const total = part.validator?.total
  const kept = `${part.done}${total === undefined ? '' : ` of ${total}`} bytes are kept, and the next attempt goes on from there`
  return new CascadeError(
    'download',
    `${name}: ${cause.message}; ${attempts} attempts brought nothing further${part.done > 0 ? `; ${kept}` : ''}`,
    { cause },
  )
}

/** Milliseconds that the server asks to wait, at most a minute. */
function retryAfter(error: unknown): number {
  const text = error instanceof HttpError ? error.headers.get('retry-after') : null
  if (text === null) return 0
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Math.min(60_000, Math.max(0, wait || 0))
}
