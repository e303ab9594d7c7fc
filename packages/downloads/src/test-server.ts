import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Pseudorandom bytes. */
export const bytes = (length: number, seed = 1): Buffer => {
  let x = seed
  const next = () => {
    x = (x * 1103515245 + 12345) % 2 ** 31
    return x >> 16
  }
  return Buffer.from(Uint8Array.from({ length }, next))
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server on this machine for the rest of the test. Other paths than those given are not found. */
export async function serve(
  answers: Record<string, Handler>,
): Promise<{ url: string; requests: string[]; close: () => Promise<void> }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url as string
    requests.push(`${path}${request.headers.range ? ` ${request.headers.range}` : ''}`)
    const answer = answers[path]
    if (answer) answer(request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close }
}

/** The faults of a {@link file}. */
export interface Faults {
  /** Bytes after which the connection of each answer in turn is closed. Later answers are complete. */
  readonly cuts?: readonly number[]
  readonly etag?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly ignoreRange?: boolean
  readonly ignoreIfRange?: boolean
  /** An error added to the true length in `content-length`. */
  readonly lie?: number
  /** Milliseconds between pieces of a tenth of the file. */
  readonly slow?: number
}

/** A file as a file server serves it, with faults. `body` may change between requests. */
export function file(body: () => Buffer, faults: Faults = {}): Handler {
  let answers = 0
  return async (request, response) => {
    const whole = body()
    const etag = faults.etag === undefined ? `"${sha256(whole).slice(0, 20)}"` : faults.etag
    const start = Number(request.headers.range?.match(/bytes=(\d+)-/)?.[1] ?? Number.NaN)
    const same = faults.ignoreIfRange || !request.headers['if-range'] || request.headers['if-range'] === etag
    const common = { ...(etag !== null && { etag }), 'accept-ranges': 'bytes', ...faults.headers }
    if (etag !== null && request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    const partial = !Number.isNaN(start) && same && !faults.ignoreRange
    if (partial && start >= whole.length)
      return void response.writeHead(416, { ...common, 'content-range': `bytes */${whole.length}` }).end()
    const part = whole.subarray(partial ? start : 0)
    const range = { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` }
    response.writeHead(partial ? 206 : 200, {
      ...common,
      'content-length': part.length + (faults.lie ?? 0),
      ...(partial && range),
    })
    const cut = faults.cuts?.[answers++]
    if (cut !== undefined)
      return void response.write(part.subarray(0, cut), () => setTimeout(() => response.destroy(), 20))
    const piece = faults.slow ? Math.ceil(part.length / 10) : part.length
    for (let i = 0; i < part.length; i += piece) {
      if (faults.slow) await new Promise((resolve) => setTimeout(resolve, faults.slow))
      response.write(part.subarray(i, i + piece))
    }
    if (faults.lie) setTimeout(() => response.destroy(), 50)
    else response.end()
  }
}
