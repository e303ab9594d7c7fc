import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { ZipFile } from 'yazl'

/** A wheel with these files and a RECORD of them. `corrupt` names a file whose hash is wrong. */
export async function makeWheel(files: Readonly<Record<string, string>>, corrupt?: string): Promise<Buffer> {
  const zip = new ZipFile()
  const record: string[] = []
  for (const [name, text] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(text), name)
    const hash = createHash('sha256').update(name === corrupt ? `${text}!` : text)
    record.push(`${name},sha256=${hash.digest('base64url')},${text.length}`)
  }
  zip.addBuffer(Buffer.from(`${record.join('\n')}\nfake-1.dist-info/RECORD,,\n`), 'fake-1.dist-info/RECORD')
  zip.end()
  return buffer(zip.outputStream)
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The answer to a request: a body with its type, or a function. */
export type Answer =
  | { type?: string; body: string | Buffer }
  | ((request: IncomingMessage, response: ServerResponse) => void)

/** A server on this machine for the rest of the test. Other paths than those given are not found. */
export async function serve(answers: Record<string, Answer>): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url as string)
    requests.push(`${path}${request.headers.range ? ` ${request.headers.range}` : ''}`)
    const answer = answers[path]
    if (typeof answer === 'function') return answer(request, response)
    if (!answer) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': answer.type ?? 'application/octet-stream' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** A file that can be requested from any byte. The first answer ends after `breakAt` bytes. */
export function resumable(body: Buffer, breakAt?: number): Answer {
  let first = true
  return (request, response) => {
    const from = Number(request.headers.range?.match(/bytes=(\d+)-/)?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
    })
    if (first && breakAt !== undefined) {
      first = false
      response.write(body.subarray(from, breakAt), () => setTimeout(() => response.destroy(), 50))
    } else response.end(body.subarray(from))
  }
}

/** The page of a project in JSON, as in PEP 691. */
export const jsonPage = (
  files: readonly { filename: string; url: string; sha256?: string; yanked?: boolean }[],
): Answer => ({
  type: 'application/vnd.pypi.simple.v1+json',
  body: JSON.stringify({
    files: files.map(({ sha256, ...file }) => ({ ...file, hashes: sha256 ? { sha256 } : {} })),
  }),
})
