import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.json': 'application/json',
  '.safetensors': 'application/octet-stream',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** The headers that isolate a page from other origins. Browsers let threads share memory only then. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Serves the files of a folder on this machine. Port 0 is any free one. */
export async function serve(folder: string, port = 0): Promise<{ url: string; close: () => void }> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const name = pathname === '/' ? 'index.html' : normalize(decodeURIComponent(pathname))
    const type = types[extname(name)]
    const content = type && (await readFile(join(folder, name)).catch(() => undefined))
    if (!content) return void response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': type, ...isolation }).end(content)
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, 'localhost', done)
  })
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, close }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL('dist', import.meta.url))
  await build(folder)
  const { url } = await serve(folder, Number(process.env.PORT ?? 8080))
  console.log(`Open ${url}`)
}
