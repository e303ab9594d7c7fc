import { execFileSync, spawnSync } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { type DownloadOptions, download } from './download.ts'
import { bytes, type Faults, file, serve, sha256 } from './test-server.ts'

const body = bytes(300_000)

/** Downloads a file from a server with faults. */
async function fetched(faults: Faults, options: Partial<DownloadOptions> = {}, current: () => Buffer = () => body) {
  const folder = temporaryFolder()
  const path = join(folder, 'x.bin')
  const { url, requests } = await serve({ '/x.bin': file(current, faults) })
  const run = () => download(`${url}/x.bin`, { path, retryDelay: 1, ...options })
  return { run, folder, path, requests, url }
}

const expectWhole = async (path: string, whole = body) => expect((await readFile(path)).equals(whole)).toBe(true)

test('resumes at the end of an interrupted connection, as often as needed, and reports progress', async () => {
  const reported: [number, number | undefined][] = []
  const { run, path, requests, folder } = await fetched(
    { cuts: [100_000, 0, 50_000, 1, 70_000, 3, 2, 1, 900] },
    { progress: (...args) => reported.push(args) },
  )
  const result = await run()
  await expectWhole(path)
  expect(result).toMatchObject({ path, sha256: sha256(body), size: body.length })
  expect(requests.slice(0, 4)).toEqual(['/x.bin', ...[100_000, 100_000, 150_000].map((n) => `/x.bin bytes=${n}-`)])
  expect(reported.at(-1)).toEqual([body.length, body.length])
  expect(await readdir(folder)).toEqual(['x.bin'])
})

test('at random places, many times over', async () => {
  const random = bytes(60, 7)
  const cuts = Array.from({ length: 30 }, (_, i) => random.readUInt16LE(2 * i) % 20_000)
  const { run, path } = await fetched({ cuts }, { attempts: 8 })
  await run()
  await expectWhole(path)
})

test('a file that changes between attempts is loaded from its start', async () => {
  let requests = 0
  const changed = bytes(280_000, 2)
  for (const ignoreIfRange of [false, true]) {
    requests = 0
    const { run, path } = await fetched({ cuts: [90_000, 90_000], ignoreIfRange }, {}, () =>
      requests++ === 0 ? body : changed,
    )
    expect((await run())?.sha256).toBe(sha256(changed))
    await expectWhole(path, changed)
  }
})

test('without anything that identifies the version, a part of an earlier download is used only if a checksum is given', async () => {
  const cut = 90_000
  const loose = await fetched({ cuts: [cut, 0, cut], etag: null }, { attempts: 1 })
  await expect(loose.run()).rejects.toThrow(`${cut} of ${body.length} bytes are kept`)
  await download(`${loose.url}/x.bin`, { path: loose.path, retryDelay: 1 })
  await expectWhole(loose.path)
  // The second call starts again, and resumes its own part.
  expect(loose.requests).toEqual(['/x.bin', `/x.bin bytes=${cut}-`, '/x.bin', `/x.bin bytes=${cut}-`])
  const checked = await fetched({ cuts: [90_000], etag: null }, { sha256: sha256(body) })
  await checked.run()
  expect(checked.requests).toEqual(['/x.bin', '/x.bin bytes=90000-'])
  // It has changed unseen: the joined parts have another checksum, and it is loaded once more.
  let requests = 0
  const other = bytes(body.length, 3)
  const changing = await fetched({ cuts: [90_000], etag: null }, { sha256: sha256(other) }, () =>
    requests++ === 0 ? body : other,
  )
  await changing.run()
  await expectWhole(changing.path, other)
  expect(changing.requests).toEqual(['/x.bin', '/x.bin bytes=90000-', '/x.bin'])
})

test('a server that always sends everything, a slow one, and one that gives no length', async () => {
  for (const faults of [{ cuts: [1000], ignoreRange: true }, { slow: 5 }]) {
    const { run, path } = await fetched(faults)
    await run()
    await expectWhole(path)
  }
  const folder = temporaryFolder()
  const { url } = await serve({ '/x': (_, response) => void response.writeHead(200).end(body) })
  const reported: (number | undefined)[] = []
  await download(`${url}/x`, { path: join(folder, 'x'), progress: (_, total) => reported.push(total) })
  await expectWhole(join(folder, 'x'))
  expect(new Set(reported)).toEqual(new Set([undefined]))
})

test('a server that claims more bytes than it has is given up', async () => {
  const { run, path } = await fetched({ lie: 1000 }, { attempts: 3 })
  await expect(run()).rejects.toThrow(/3 attempts brought no new bytes; 300000 of 301000 bytes are kept/)
  expect((await stat(`${path}.part`)).size).toBe(body.length)
})

test('a wrong checksum, given or from the server, is an error at once, and nothing stays', async () => {
  const wrong = 'a'.repeat(64)
  const given = await fetched({}, { sha256: wrong })
  await expect(given.run()).rejects.toThrow(
    `expected SHA-256 ${wrong} (sha256), got ${sha256(body)}; the file was deleted`,
  )
  expect(await readdir(given.folder)).toEqual([])
  expect(given.requests).toHaveLength(1)
  const md5 = Buffer.alloc(16, 1).toString('base64')
  for (const [etag, headers, source] of [
    [`"${wrong}"`, {}, 'ETag'],
    [null, { 'x-linked-etag': `"${wrong}"` }, 'X-Linked-ETag'],
    [null, { 'repr-digest': `sha-256=:${Buffer.alloc(32, 1).toString('base64')}:` }, 'Repr-Digest'],
    [null, { 'content-md5': md5 }, 'Content-MD5'],
    [null, { 'x-goog-hash': `crc32c=AAAAAA==,md5=${md5}` }, 'x-goog-hash'],
  ] as const) {
    const { run, folder } = await fetched({ etag, headers })
    await expect(run()).rejects.toThrow(`(the server's ${source})`)
    expect(await readdir(folder)).toEqual([])
  }
  const right = await fetched({ etag: `"${sha256(body)}"` })
  expect((await right.run())?.checkedBy).toBe("the server's ETag")
})

test('follows redirections, with what they say of the file, and without secrets to other hosts', async () => {
  const folder = temporaryFolder()
  const seen: (string | undefined)[] = []
  const store = await serve({
    '/blob': (request, response) => {
      seen.push(request.headers.authorization)
      file(() => body)(request, response)
    },
  })
  const hub = await serve({
    '/x': (request, response) => {
      seen.push(request.headers.authorization)
      const headers = { location: `${store.url.replace('127.0.0.1', 'localhost')}/blob` }
      response.writeHead(302, { ...headers, 'x-linked-etag': `"${sha256(body)}"` }).end()
    },
  })
  const options = { path: join(folder, 'x'), headers: { authorization: 'Bearer secret' } }
  expect((await download(`${hub.url}/x`, options))?.checkedBy).toBe("the server's X-Linked-ETag")
  expect(seen).toEqual(['Bearer secret', undefined])
})

test('what is not the file is refused: an error, a page, a pointer, an answer', async () => {
  const path = join(temporaryFolder(), 'x')
  const { url, requests } = await serve({
    '/page': (_, response) => void response.setHeader('content-type', 'text/html').end('<p>Please log in'),
    '/html': (_, response) => void response.end('\n<!DOCTYPE html>\n'),
    '/lfs': (_, response) => void response.end('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'),
    '/annex': (_, response) => void response.end('/annex/objects/SHA256E-s9--00.pt\n'),
    '/xml': (_, response) => void response.end('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'),
    '/json': (_, response) => void response.end('{"error":\n "Repository not found"}'),
  })
  const host = url.slice('http://'.length)
  await expect(download(`${url}/none`, { path })).rejects.toThrow(`${host}/none answered 404 Not Found`)
  await expect(download(`${url}/page`, { path })).rejects.toThrow('expected a file, got an HTML page')
  await expect(download(`${url}/html`, { path })).rejects.toThrow('expected a file, got an HTML page')
  await expect(download(`${url}/lfs`, { path })).rejects.toThrow('got a pointer of Git LFS')
  await expect(download(`${url}/annex`, { path })).rejects.toThrow('got a pointer of git-annex')
  await expect(download(`${url}/xml`, { path })).rejects.toThrow(
    `got a server's error: <?xml version="1.0"?> <Error><Code>AccessDenied</Code></Error>`,
  )
  await expect(download(`${url}/json`, { path })).rejects.toThrow(
    `${host}/json: expected a file, got a server's answer: {"error": "Repository not found"}`,
  )
  expect(requests).toHaveLength(7)
  expect(await readdir(join(path, '..'))).toEqual([])
})

test('asks again when the server is busy, and waits as long as it says', async () => {
  const path = join(temporaryFolder(), 'x')
  let times = 0
  const { url, requests } = await serve({
    '/x': (request, response) => {
      if (times++ === 0) response.writeHead(503, { 'retry-after': '0' }).end()
      else if (times === 2) response.writeHead(429).end()
      else file(() => body)(request, response)
    },
    '/always': (_, response) => void response.writeHead(500).end(),
  })
  await download(`${url}/x`, { path, retryDelay: 1 })
  await expectWhole(path)
  requests.length = 0
  await expect(download(`${url}/always`, { path, retryDelay: 1, attempts: 3 })).rejects.toThrow('answered 500')
  expect(requests).toHaveLength(3)
})

test('gives up on a server that stays silent or is not there', async () => {
  const path = join(temporaryFolder(), 'x')
  const { url } = await serve({ '/x': (_, response) => void response.writeHead(200).write('abc') })
  await expect(download(`${url}/x`, { path, attempts: 1, stallAfter: 100 })).rejects.toThrow('no data from 127.0.0.1')
  await expect(download('http://127.0.0.1:9/x', { path, attempts: 2, retryDelay: 1 })).rejects.toThrow(
    '127.0.0.1:9 cannot be reached',
  )
})

test('aborted by the user, it resumes the next time', async () => {
  const stop = new AbortController()
  const { run, path, folder, url, requests } = await fetched(
    { slow: 20 },
    { signal: stop.signal, progress: () => stop.abort(new Error('stopped by the user')) },
  )
  await expect(run()).rejects.toMatchObject({
    code: 'interrupted',
    name: 'AbortError',
    cause: new Error('stopped by the user'),
  })
  expect((await readdir(folder)).sort()).toEqual(['x.bin.part', 'x.bin.part.json'])
  const { size } = await stat(`${path}.part`)
  await download(`${url}/x.bin`, { path })
  expect(requests.at(-1)).toBe(`/x.bin bytes=${size}-`)
  await expectWhole(path)
})

test('the same file wanted twice at a time is loaded once', async () => {
  const { run, path, requests } = await fetched({ slow: 10 })
  const results = await Promise.all([run(), run(), run()])
  expect(results.filter((result) => result !== undefined)).toHaveLength(1)
  expect(requests).toEqual(['/x.bin'])
  await expectWhole(path)
})

test('a full disk is a clear error, and the bytes so far are kept', async (context) => {
  const folder = temporaryFolder()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]).status !== 0) return context.skip()
  try {
    const { run } = await fetched({}, { path: join(folder, 'x.bin') })
    await expect(run()).rejects.toThrow(/the disk is full, 0\.\d MB more of disk space are needed/)
    expect((await stat(join(folder, 'x.bin.part'))).size).toBeGreaterThan(0)
  } finally {
    execFileSync('umount', [folder])
  }
})

test('wrong arguments are errors of code input', async () => {
  const wrong = async (url: unknown, options: unknown, message: string) =>
    expect(download(url as never, options as never)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(message),
    })
  await wrong('http://127.0.0.1/x', undefined, 'download: expected an object of options, got undefined')
  await wrong('http://127.0.0.1/x', {}, 'download: expected the path of a file, got undefined')
  await wrong('http://127.0.0.1/x', { path: 'x', sha265: 'ab' }, "unknown option 'sha265'. Did you mean 'sha256'?")
  await wrong('x', { path: 'x' }, "download: expected an address, https://…, got 'x'")
})
