import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resumable, serve, sha256 } from '../testing/fake-index.ts'
import { never, temporaryFolder } from '../testing/temporary-folder.ts'
import { download } from './download.ts'

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251))
const file = (url: string, hash = sha256(body)) => ({ filename: 'x.whl', url: `${url}/x.whl`, sha256: hash })

test('goes on where the connection broke off, and tells how far it is', async () => {
  const folder = await temporaryFolder()
  const { url, requests } = await serve({ '/x.whl': resumable(body, 100_000) })
  const told: [number, number | undefined][] = []
  const path = await download(file(url), { folder, signal: never, onProgress: (...args) => told.push(args) })
  expect((await readFile(path)).equals(body)).toBe(true)
  expect(requests).toEqual(['/x.whl', '/x.whl bytes=100000-'])
  expect(told.at(-1)).toEqual([body.length, body.length])
  // It is not loaded twice.
  expect(await download(file(url), { folder, signal: never })).toBe(path)
  expect(requests).toHaveLength(2)
})

test('stopped by the user, it goes on the next time', async () => {
  const folder = await temporaryFolder()
  const stop = new AbortController()
  const { url, requests } = await serve({ '/x.whl': resumable(body) })
  const onProgress = () => stop.abort(new Error('stopped by the user'))
  await expect(download(file(url), { folder, signal: stop.signal, onProgress })).rejects.toThrow('stopped by the user')
  const [part, ...others] = await readdir(folder)
  expect([part, ...others]).toEqual([expect.stringMatching(/\.part$/)])
  const { length } = await readFile(join(folder, part as string))
  await download(file(url), { folder, signal: never })
  expect(requests).toEqual(['/x.whl', `/x.whl bytes=${length}-`])
})

test('a server that always sends everything is fine too', async () => {
  const folder = await temporaryFolder()
  let first = true
  const { url } = await serve({
    '/x.whl': (_, response) => {
      response.writeHead(200, { 'content-length': body.length })
      if (first) response.write(body.subarray(0, 1000), () => setTimeout(() => response.destroy(), 50))
      else response.end(body)
      first = false
    },
  })
  const path = await download(file(url), { folder, signal: never })
  expect((await readFile(path)).equals(body)).toBe(true)
})

test('a wrong checksum is an error at once, and nothing stays', async () => {
  const folder = await temporaryFolder()
  const { url, requests } = await serve({ '/x.whl': resumable(body) })
  await expect(download(file(url, 'a'.repeat(64)), { folder, signal: never })).rejects.toThrow(
    `x.whl: expected SHA-256 ${'a'.repeat(64)}, got ${sha256(body)}`,
  )
  expect(await readdir(folder)).toEqual([])
  expect(requests).toHaveLength(1)
})

test('gives up on a server that refuses, or stays silent', async () => {
  const folder = await temporaryFolder()
  const { url } = await serve({
    '/x.whl': (_, response) => {
      response.writeHead(200, { 'content-length': body.length })
      response.write(body.subarray(0, 10))
    },
  })
  await expect(download(file(`${url}/no`), { folder, signal: never })).rejects.toThrow('/no/x.whl answered 404')
  await expect(download(file(url), { folder, signal: never, retries: 0, stallAfter: 100 })).rejects.toThrow(
    'no data from 127.0.0.1',
  )
})
