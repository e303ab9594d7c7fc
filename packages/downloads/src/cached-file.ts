import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CascadeError, throwIfAborted } from '@cascade-diffusion/checks'
import { cacheFolder, writeAtomically } from '@cascade-diffusion/files'
import { checkAddress, type Downloaded, type DownloadOptions, download } from './download.ts'
import { HttpError, request } from './http.ts'

/** Options of {@link cachedFile}. */
export interface CachedFileOptions extends Omit<DownloadOptions, 'path' | 'onVerified'> {
  /** The folder of the cache. Default: {@link cacheFolder}. */
  readonly cache?: string
  /** Whether to ask the server for changes. If it cannot be reached, the cached file is used. Default false. */
  readonly refresh?: boolean
}

/** A file of the cache. */
export interface CachedFile extends Downloaded {
  readonly url: string
}

/**
 * The file at an address, from the cache if it is there; otherwise it is downloaded into the cache as {@link download}
 * does. The cache notes the SHA-256 of the file and checks it at each call. A file that has changed on the disk is
 * downloaded again. Without `sha256` a download is checked against the `.sha256` file beside it on the server, or
 * against a checksum in the answer.
 * @throws as {@link download}.
 */
export async function cachedFile(url: string, options: CachedFileOptions = {}): Promise<CachedFile> {
  const { cache = cacheFolder(), refresh = false, ...rest } = options
  const path = placeOf(url, cache)
  const found = await valid(path, url, options.sha256)
  if (found && !(refresh && (await changed(found, options)))) return found
  const sha256 = options.sha256 ?? (await siblingChecksum(url, options))
  for (let attempt = 0; attempt < 3; attempt++) {
    await download(url, {
      ...rest,
      path,
      sha256,
      onVerified: (file) => writeRecord({ url, ...file }),
    })
    // Another process may have completed it.
    const file = await valid(path, url, options.sha256)
    if (file) return file
  }
  throw new CascadeError('download', `${path} has changed since it was written`)
}

/**
 * As {@link cachedFile}, or `undefined` if the server has no such file (status 403, 404 or 410). The cache notes that
 * too, for when the server cannot be reached.
 */
export async function cachedFileIfAny(url: string, options: CachedFileOptions = {}): Promise<CachedFile | undefined> {
  const mark = `${placeOf(url, options.cache ?? cacheFolder())}.absent`
  try {
    const file = await cachedFile(url, existsSync(mark) ? { ...options, attempts: 1 } : options)
    await rm(mark, { force: true })
    return file
  } catch (error) {
    throwIfAborted(options.signal, 'cachedFile')
    if (error instanceof HttpError && [403, 404, 410].includes(error.status)) {
      await mkdir(dirname(mark), { recursive: true })
      await writeFile(mark, '')
      return undefined
    }
    if (existsSync(mark) && !(error instanceof HttpError)) return undefined
    throw error
  }
}

/** Files of one folder of a server lie in one folder of the cache. */
function placeOf(address: string, cache: string): string {
  checkAddress('cachedFile', address)
  const url = new URL(address)
  const [, folder = '', last = ''] = url.pathname.match(/^(.*\/)([^/]*)$/) ?? []
  const key = createHash('sha256').update(`${url.protocol}//${url.host}${folder}${url.search}`).digest('hex')
  const name =
    decodeURIComponent(last)
      .replace(/[^\w.-]/g, '_')
      .replace(/^\.+/, '')
      .slice(-120) || 'file'
  return join(cache, 'files', url.host.replace(/[^\w.-]/g, '_'), key.slice(0, 16), name)
}

const recordPath = (path: string) => `${path}.download`

async function writeRecord(file: CachedFile): Promise<void> {
  await writeAtomically(recordPath(file.path), JSON.stringify(file, null, 1))
}

/** The file at `path`, if it was downloaded from that address, is unchanged, and has the given checksum. */
async function valid(path: string, url: string, sha256: string | undefined): Promise<CachedFile | undefined> {
  try {
    const record = JSON.parse(await readFile(recordPath(path), 'utf8')) as CachedFile
    if (record.url !== url || (sha256 !== undefined && record.sha256 !== sha256.toLowerCase())) return undefined
    if ((await stat(path)).size !== record.size) return undefined
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
    return hash.digest('hex') === record.sha256 ? { ...record, path } : undefined
  } catch {
    return undefined
  }
}

/** Whether the server has another file now. A server that cannot be reached counts as unchanged. */
async function changed(file: CachedFile, { headers = {}, signal }: CachedFileOptions): Promise<boolean> {
  if (file.etag === undefined && file.lastModified === undefined) return true
  const condition: Record<string, string> = {
    ...(file.etag !== undefined && { 'if-none-match': file.etag }),
    ...(file.lastModified !== undefined && { 'if-modified-since': file.lastModified }),
  }
  const limit = AbortSignal.timeout(30_000)
  try {
    const response = await request(
      file.url,
      { ...headers, ...condition },
      signal ? AbortSignal.any([signal, limit]) : limit,
    )
    await response.body?.cancel()
    const etag = response.headers.get('etag')
    return etag === null || etag !== file.etag
  } catch (error) {
    throwIfAborted(signal, 'cachedFile')
    return error instanceof HttpError && error.status !== 304 && !error.passing
  }
}

/** The content of `NAME.sha256` on the server, if there is one. */
async function siblingChecksum(
  address: string,
  { headers = {}, signal }: CachedFileOptions,
): Promise<string | undefined> {
  const url = new URL(address)
  if (url.search !== '') return undefined
  url.pathname += '.sha256'
  const limit = AbortSignal.timeout(10_000)
  try {
    const response = await request(url.href, { ...headers }, signal ? AbortSignal.any([signal, limit]) : limit)
    let text = ''
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length > 1000) break
    }
    return text.match(/^\s*([0-9a-f]{64})(\s|$)/i)?.[1]?.toLowerCase()
  } catch {
    throwIfAborted(signal, 'cachedFile')
    return undefined
  }
}
