import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HttpError, request } from './http.ts'
import type { IndexFile } from './package-index.ts'

/** How far something has come, of a total that may be unknown. */
export type OnProgress = (done: number, total: number | undefined) => void

export interface DownloadOptions {
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress?: OnProgress
  /** How often a connection that breaks off is tried again. 4. */
  readonly retries?: number
  /** Milliseconds without a byte after which it is given up. 60,000. */
  readonly stallAfter?: number
}

/**
 * Downloads a file and checks its SHA-256. What was loaded of it stays in the folder when it is interrupted, and the next
 * call goes on from there.
 * @returns the path of the file.
 * @throws if the checksum is another (the file is removed), the server refuses, or the connection keeps breaking off.
 */
export async function download(file: IndexFile, options: DownloadOptions): Promise<string> {
  const { folder, signal, retries = 4 } = options
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${file.sha256.slice(0, 16)}-${file.filename}`)
  if (await isFile(path)) return path
  const part = `${path}.part`
  for (let attempt = 0; ; attempt++) {
    try {
      const sha256 = await fetchRest(file, part, options)
      if (sha256 !== file.sha256) {
        await rm(part, { force: true })
        throw new Corrupt(`${file.filename}: expected SHA-256 ${file.sha256}, got ${sha256}; it was thrown away`)
      }
      await rename(part, path)
      return path
    } catch (error) {
      signal.throwIfAborted()
      const hopeless = error instanceof Corrupt || (error instanceof HttpError && error.status < 500)
      if (hopeless || attempt >= retries) throw error
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt))
    }
  }
}

class Corrupt extends Error {}

const isFile = (path: string) =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/** Appends what is missing to `part`; gives the SHA-256 of all of it. */
async function fetchRest({ url }: IndexFile, part: string, options: DownloadOptions): Promise<string> {
  const { onProgress, stallAfter = 60_000 } = options
  const stall = new AbortController()
  const signal = AbortSignal.any([options.signal, stall.signal])
  const give = () => stall.abort(new Error(`no data from ${new URL(url).host} for ${stallAfter / 1000} s`))
  let timer = setTimeout(give, stallAfter)
  let hash = createHash('sha256')
  const out = await open(part, 'a')
  try {
    let done = await hashFile(part, hash)
    const headers = { 'accept-encoding': 'identity', ...(done > 0 && { range: `bytes=${done}-` }) }
    const response = await request(url, headers as Record<string, string>, signal).catch((error) => {
      // All of it is here already.
      if (error instanceof HttpError && error.status === 416 && done > 0) return undefined
      throw error
    })
    if (!response) return hash.digest('hex')
    if (done > 0 && response.status !== 206) {
      await out.truncate(0)
      hash = createHash('sha256')
      done = 0
    }
    const length = Number(response.headers.get('content-length'))
    const total = length > 0 ? done + length : undefined
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer)
      timer = setTimeout(give, stallAfter)
      hash.update(chunk)
      await out.writeFile(chunk)
      done += chunk.length
      onProgress?.(done, total)
    }
    if (total !== undefined && done < total) throw new Error(`the connection ended ${total - done} bytes too early`)
    return hash.digest('hex')
  } catch (error) {
    throw stall.signal.aborted ? stall.signal.reason : error
  } finally {
    clearTimeout(timer)
    await out.close()
  }
}

/** Feeds what the file holds to the hash; gives how much that is. */
async function hashFile(path: string, hash: Hash): Promise<number> {
  let size = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return size
}
