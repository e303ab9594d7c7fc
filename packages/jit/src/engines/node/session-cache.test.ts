import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defaultCacheDirectory, sessionCache } from './session-cache.ts'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const content = (size: number, value: number) => new Uint8Array(size).fill(value)
const writing = (bytes: Uint8Array) => async (path: string) => writeFileSync(path, bytes)

test('gives what was written, and nothing else', async () => {
  const cache = sessionCache(join(folder, 'deep', 'down'))
  expect(cache.read('a')).toBeUndefined()
  await cache.write('a', writing(content(10, 1)))
  expect([...cache.read('a')!]).toEqual([...content(10, 1)])
  expect(cache.read('b')).toBeUndefined()
  cache.remove('a')
  expect(cache.read('a')).toBeUndefined()
})

test('an entry that is damaged or cut short is none, and is removed', async () => {
  const cache = sessionCache(folder)
  const path = join(folder, 'a.ort')
  for (const damage of [(b: Buffer) => b.fill(7, 3, 4), (b: Buffer) => b.subarray(0, 30), () => Buffer.alloc(0)]) {
    await cache.write('a', writing(content(100, 1)))
    writeFileSync(path, damage(readFileSync(path)))
    expect(cache.read('a')).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
  }
})

test('the entries unused for longest go when all together are too large', async () => {
  const cache = sessionCache(folder, 1000)
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    await cache.write(name, writing(content(200, i)))
    utimesSync(join(folder, `${name}.ort`), i + 1, i + 1)
  }
  cache.read('a') // used now
  await cache.write('d', writing(content(200, 4)))
  await cache.write('e', writing(content(200, 5)))
  expect(readdirSync(folder).sort()).toEqual(['a.ort', 'd.ort', 'e.ort', 'c.ort'].sort())
})

test('an entry that is too large is not kept, and no part of one that fails', async () => {
  const cache = sessionCache(folder, 1000)
  await cache.write('a', writing(content(251, 1)))
  const failing = async (path: string) => {
    writeFileSync(path, content(5, 1))
    throw new Error('full')
  }
  await expect(cache.write('b', failing)).rejects.toThrow('full')
  expect(readdirSync(folder)).toEqual([])
})

test('what a process left behind that died is removed after an hour', async () => {
  for (const [name, age] of [
    ['old', 4000],
    ['new', 100],
  ] as const) {
    const path = join(folder, `${name}.tmp`)
    writeFileSync(path, '')
    utimesSync(path, Date.now() / 1000 - age, Date.now() / 1000 - age)
  }
  await sessionCache(folder).write('a', writing(content(1, 1)))
  expect(readdirSync(folder).sort()).toEqual(['a.ort', 'new.tmp'])
})

test('the folder is the one named, or the one for caches, or none', async () => {
  vi.stubEnv('CASCADE_DIFFUSION_CACHE', '/somewhere')
  expect(await defaultCacheDirectory()).toBe(join('/somewhere', 'sessions'))
  vi.stubEnv('CASCADE_DIFFUSION_CACHE', 'off')
  expect(await defaultCacheDirectory()).toBeUndefined()
  vi.stubEnv('CASCADE_DIFFUSION_CACHE', undefined)
  vi.stubEnv('XDG_CACHE_HOME', '/caches')
  expect(await defaultCacheDirectory()).toBe(join('/caches', 'cascade-diffusion', 'sessions'))
  vi.stubEnv('XDG_CACHE_HOME', 'relative')
  if (process.platform === 'linux')
    expect(await defaultCacheDirectory()).toBe(join(homedir(), '.cache', 'cascade-diffusion', 'sessions'))
})
