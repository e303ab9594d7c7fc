import { setTimeout as sleep } from 'node:timers/promises'
import { CascadeError, checkOptions, type KnownKeys, shown as text, throwIfAborted } from '@cascade-diffusion/checks'
import type { Checksum } from './checksum.ts'
import { Hopeless, WrongChecksum } from './errors.ts'
import { fetchRest } from './fetch-rest.ts'
import { HttpError, shown } from './http.ts'
import { Part, type Validator } from './part.ts'

/** Progress in bytes, of a total that may be unknown. */
export type DownloadProgress = (done: number, total: number | undefined) => void

/** Options of {@link download}. */
export interface DownloadOptions {
  /** The path of the file. While it is incomplete it lies beside it as `NAME.part`. */
  readonly path: string
  /** The expected SHA-256, in hexadecimal digits. Default: the one that the server sends, if it does. */
  readonly sha256?: string
  /** Headers of the request, such as `authorization`. Secrets are sent to the first host only. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly progress?: DownloadProgress
  /** Attempts in a row without new bytes, after which the download fails. Default 5. */
  readonly attempts?: number
  /** Milliseconds without a byte after which a connection is closed. Default 60,000. */
  readonly stallAfter?: number
  /** Milliseconds before the second attempt without new bytes, doubled before each further one. Default 500. */
  readonly retryDelay?: number
  /** Called when the file is complete and checked, before it appears under its name. */
  readonly onVerified?: (file: Downloaded) => Promise<void>
}

const downloadKeys: KnownKeys<DownloadOptions> = {
  path: true,
  sha256: true,
  headers: true,
  signal: true,
  progress: true,
  attempts: true,
  stallAfter: true,
  retryDelay: true,
  onVerified: true,
}

/** @throws unless it is an address. */
export function checkAddress(where: string, url: string): void {
  if (typeof url !== 'string' || !URL.canParse(url))
    throw new CascadeError('input', `${where}: expected an address, https://…, got ${text(url)}`)
}

/** A file that was downloaded. */
export interface Downloaded {
  readonly path: string
  /** The SHA-256 of the file, in hexadecimal digits. */
  readonly sha256: string
  readonly size: number
  /** The source of the checksum: `sha256` of the options, or a header of the server. Absent if there was none. */
  readonly checkedBy?: string
  readonly etag?: string
  readonly lastModified?: string
}

/**
 * Downloads a file. An interrupted connection is resumed at its end, as long as each attempt brings new bytes. The
 * bytes of a failed download stay, and a later call resumes from them, in another process too, if the file on the
 * server is still the same (`If-Range`). The file appears under its name when it is complete and checked. If several
 * processes want the same file, one downloads it and the others wait.
 * @returns the file, or `undefined` if another process completed it.
 * @throws with the reason: the server refuses, cannot be reached or keeps closing the connection; a page came instead
 * of a file; the checksum differs (the file is then deleted); the disk is full. Of code `interrupted` if the signal
 * ended it, and `input` if an argument is wrong.
 */
export async function download(url: string, options: DownloadOptions): Promise<Downloaded | undefined> {
  checkOptions('download', options, downloadKeys)
  const { path, signal = new AbortController().signal } = options
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `download: expected the path of a file, got ${text(path)}`)
  checkAddress('download', url)
  try {
    return await downloadTo(path, url, options, signal)
  } catch (error) {
    throwIfAborted(signal, `download of ${shown(new URL(url))}`)
    throw error
  }
}

async function downloadTo(
  path: string,
  url: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Downloaded | undefined> {
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
  const { sha256, headers = {}, progress, attempts = 5, stallAfter = 60_000, retryDelay = 500 } = options
  const given: Checksum | undefined = sha256 ? { algorithm: 'sha256', digest: sha256, source: 'sha256' } : undefined
  const name = shown(new URL(url))
  let vain = 0
  let furthest = part.done
  for (;;) {
    try {
      const announced = await fetchRest(url, part, { headers, signal, stallAfter, progress, checked: !!given })
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
  throw new WrongChecksum(`${name}: expected ${title} ${digest} (${source}), got ${got}; the file was deleted`, resumed)
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
  const kept = `${part.done}${total === undefined ? '' : ` of ${total}`} bytes are kept, and the next attempt resumes from there`
  return new CascadeError(
    'download',
    `${name}: ${cause.message}; ${attempts} attempts brought no new bytes${part.done > 0 ? `; ${kept}` : ''}`,
    { cause },
  )
}

/** Milliseconds for which the server asks to wait, at most a minute. */
function retryAfter(error: unknown): number {
  const text = error instanceof HttpError ? error.headers.get('retry-after') : null
  if (text === null) return 0
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Math.min(60_000, Math.max(0, wait || 0))
}
