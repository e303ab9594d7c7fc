import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '@cascade-diffusion/files'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { cachedFile, cachedFileIfAny } from './cached-file.ts'
import { bytes, file, serve, sha256 } from './test-server.ts'

const body = bytes(200_000)

test('a file is loaded once, and is there without the server', async () => {
  const cache = temporaryFolder()
  const { url, close } = await serve({ '/models/x.pt': file(() => body) })
  const found = await cachedFile(`${url}/models/x.pt`, { cache })
  expect(found).toMatchObject({ url: `${url}/models/x.pt`, sha256: sha256(body), size: body.length })
  expect((await readFile(found.path)).equals(body)).toBe(true)
  expect(await cachedFileIfAny(`${url}/models/z.pt`, { cache })).toBe(undefined)
  await close()
  expect(await cachedFileIfAny(`${url}/models/x.pt`, { cache })).toEqual(found)
  expect(await cachedFileIfAny(`${url}/models/z.pt`, { cache, attempts: 1 })).toBe(undefined)
  await expect(cachedFileIfAny(`${url}/models/y.pt`, { cache, attempts: 1 })).rejects.toThrow('cannot be reached')
  expect(await cachedFile(`${url}/models/x.pt`, { cache })).toEqual(found)
  expect(await cachedFile(`${url}/models/x.pt`, { cache, refresh: true })).toEqual(found)
  await expect(cachedFile(`${url}/models/y.pt`, { cache, attempts: 1 })).rejects.toThrow('cannot be reached')
})

test('files of one folder are in one folder, those of another elsewhere', async () => {
  const cache = temporaryFolder()
  const paths = ['/a/x', '/a/y', '/b/x', '/a/x?version=2']
  const { url } = await serve(Object.fromEntries(paths.map((path) => [path, file(() => Buffer.from(path))])))
  const found = await Promise.all(paths.map((path) => cachedFile(url + path, { cache })))
  const folders = found.map(({ path }) => dirname(path))
  expect(folders[1]).toBe(folders[0])
  expect(new Set(folders).size).toBe(3)
  for (const [i, { path }] of found.entries()) expect(await readFile(path, 'utf8')).toBe(paths[i])
})

test('a file that was damaged on the disk is loaded anew', async () => {
  const cache = temporaryFolder()
  const { url, requests } = await serve({ '/x': file(() => body) })
  const { path } = await cachedFile(`${url}/x`, { cache })
  await appendFile(path, '!')
  await cachedFile(`${url}/x`, { cache })
  expect((await readFile(path)).equals(body)).toBe(true)
  expect(requests.filter((request) => request === '/x')).toHaveLength(2)
})

test('asked to, it looks whether the file has changed', async () => {
  const cache = temporaryFolder()
  let current = body
  const { url } = await serve({ '/x': file(() => current) })
  await cachedFile(`${url}/x`, { cache })
  current = bytes(1000, 9)
  expect((await cachedFile(`${url}/x`, { cache })).sha256).toBe(sha256(body))
  expect((await cachedFile(`${url}/x`, { cache, refresh: true })).sha256).toBe(sha256(current))
})

test('the checksum in the file beside it is verified', async () => {
  const cache = temporaryFolder()
  const other = bytes(100, 5)
  const { url, requests } = await serve({
    '/x': file(() => body),
    '/x.sha256': file(() => Buffer.from(`${sha256(body)}  x\n`)),
    '/y': file(() => body),
    '/y.sha256': file(() => Buffer.from(`${sha256(other)}  y\n`)),
  })
  expect((await cachedFile(`${url}/x`, { cache })).checkedBy).toBe('sha256')
  await expect(cachedFile(`${url}/y`, { cache })).rejects.toThrow(`expected SHA-256 ${sha256(other)}`)
  // A file at hand with another checksum than is asked for is not taken.
  requests.length = 0
  await expect(cachedFile(`${url}/x`, { cache, sha256: sha256(other) })).rejects.toThrow('expected SHA-256')
  expect(requests).toEqual(['/x'])
  expect((await cachedFile(`${url}/x`, { cache })).sha256).toBe(sha256(body))
  expect(requests).toEqual(['/x'])
})

/** A process that wants a file. */
function processWanting(url: string, cache: string) {
  const code = `import { cachedFile, cachedFileIfAny } from ${JSON.stringify(fileURLToPath(new URL('./cached-file.ts', import.meta.url)))}
    console.log((await cachedFile(${JSON.stringify(url)}, { cache: ${JSON.stringify(cache)} })).sha256)`
  const child = spawn(
    process.execPath,
    ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module', '-e', code],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  return { child, ended: once(child, 'close').then(() => output.trim()) }
}

test('several processes at once, one of which is killed: each has the whole file in the end', async () => {
  const cache = temporaryFolder()
  let started: (value: unknown) => void
  const first = new Promise((resolve) => {
    started = resolve
  })
  const slow = file(() => body, { slow: 100 })
  const { url, requests } = await serve({
    '/x': (request, response) => {
      slow(request, response)
      setTimeout(() => started(undefined), 300)
    },
  })
  const killed = processWanting(`${url}/x`, cache)
  await first
  const others = [processWanting(`${url}/x`, cache), processWanting(`${url}/x`, cache)]
  killed.child.kill('SIGKILL')
  expect(await killed.ended).toBe('')
  expect(await Promise.all(others.map(({ ended }) => ended))).toEqual([sha256(body), sha256(body)])
  // What the first had loaded was taken over.
  expect(requests.filter((request) => /^\/x bytes=[1-9]/.test(request))).toHaveLength(1)
  const [host] = await readdir(join(cache, 'files'))
  const [folder] = await readdir(join(cache, 'files', host as string))
  expect((await readdir(join(cache, 'files', host as string, folder as string))).sort()).toEqual(['x', 'x.download'])
})

test('the user chooses the folder of the cache', () => {
  expect(cacheFolder({ CASCADE_DIFFUSION_CACHE: '/c' }, 'linux')).toBe('/c')
  expect(cacheFolder({ CASCADE_DIFFUSION_CACHE: 'off', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/cascade-diffusion')
  expect(cacheFolder({ LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'cascade-diffusion'))
})
