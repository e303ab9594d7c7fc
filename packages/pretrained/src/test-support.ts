import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * The files of a folder at an address, for the rest of the test. With `dropEvery` the first of every n answers breaks
 * off half-way.
 */
export async function serveFolder(folder: string, { dropEvery = 0 } = {}) {
  const requests: { path: string; range: string | undefined }[] = []
  let answers = 0
  const server = createServer(async (request, response) => {
    const path = request.url as string
    const { range } = request.headers
    requests.push({ path, range })
    const info = await stat(join(folder, path)).catch(() => undefined)
    if (!info?.isFile()) return void response.writeHead(404).end()
    const start = Number(range?.match(/\d+/)?.[0] ?? 0)
    const left = info.size - start
    response.writeHead(range ? 206 : 200, {
      etag: `"${info.size}-${info.mtimeMs}"`,
      'content-length': left,
      ...(range && { 'content-range': `bytes ${start}-${info.size - 1}/${info.size}` }),
    })
    const drops = dropEvery > 0 && answers++ % dropEvery === 0
    const stream = createReadStream(join(folder, path), { start, ...(drops && { end: start + (left >> 1) }) })
    stream.on('end', () => (drops ? setTimeout(() => response.destroy(), 20) : response.end()))
    stream.pipe(response, { end: false })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close }
}
