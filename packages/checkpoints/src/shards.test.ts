import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32 } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readNpz } from './numpy/npy.ts'
import { openCheckpoint, readCheckpoint, shardNames } from './open-checkpoint.ts'
import { writeSafetensors } from './safetensors/safetensors-write.ts'
import { type ByteSource, bytesSource } from './sources/byte-source.ts'
import { fixture } from './test-support.ts'

/** An index as transformers and diffusers write it, beside shards. */
function write(name: string, map: unknown, shards: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder()
  for (const [file, bytes] of Object.entries(shards)) writeFileSync(join(folder, file), bytes)
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }))
  return path
}

const a = 'pytorch_model-00001-of-00002.bin'
const b = 'pytorch_model-00002-of-00002.bin'
const dict = await readCheckpoint(fixture('state-dict.pt'))
const nested = await readCheckpoint(fixture('nested-legacy.pt'))
const namesOf = (tensors: object, file: string) => Object.fromEntries(Object.keys(tensors).map((name) => [name, file]))
const map = { ...namesOf(nested, b), ...namesOf(dict, a) }
const shards: Readonly<Record<string, Uint8Array>> = { [a]: fixture('state-dict.pt'), [b]: fixture('nested-legacy.pt') }

test('shards that PyTorch wrote, in its new format and its old one', async () => {
  const path = write('pytorch_model.bin.index.json', map, shards)
  expect(await shardNames(path)).toEqual([b, a])
  const file = await openCheckpoint(path)
  expect(file.format).toBe('pytorch')
  expect([...file.names].sort()).toEqual(Object.keys(map).sort())
  expect(await file.readAll()).toEqual({ ...nested, ...dict })
  const [name] = Object.keys(dict) as [string]
  expect(await file.read(name)).toEqual(dict[name])
  await file.close()
  await expect(file.read(name)).rejects.toThrow(`PyTorch ${path}: tensor '${name}'`)
})

test('shards of several formats, of which the index names some tensors', async () => {
  const folder = temporaryFolder()
  await writeSafetensors(join(folder, 'b.safetensors'), { x: float32([1, 2]), y: float32([3]) })
  writeFileSync(join(folder, 'a.npz'), fixture('arrays.npz'))
  const path = join(folder, 'index.json')
  writeFileSync(path, JSON.stringify({ weight_map: { y: 'b.safetensors', float32: 'a.npz' } }))
  const { float32: array } = await readNpz(fixture('arrays.npz'))
  expect(await readCheckpoint(path)).toEqual({ y: float32([3]), float32: array })
})

test.each<[string, unknown, string]>([
  ['a shard that is not there', { ...map, x: 'c.bin' }, 'c.bin: expected a file, there is none'],
  ['shards in one another’s place', namesOf(dict, b), `shard ${b}: expected a tensor '${Object.keys(dict)[0]}'`],
  ['a tensor that is not there', { ...map, x: a }, `shard ${a}: expected a tensor 'x', there is none`],
  ['a number', { x: 3 }, "'x': expected a file's name, got 3"],
  ['itself', { x: 'index.json' }, 'shard index.json: '],
  ['a map that is none', 1, 'weight_map: expected a JSON object, got 1'],
])('an index with %s is refused', async (_, index, message) => {
  const path = write('index.json', index, shards)
  await expect(openCheckpoint(path)).rejects.toThrow(`index ${path}: `)
  await expect(openCheckpoint(path)).rejects.toThrow(message)
})

test.each(['../a.bin', '/etc/passwd', '.', '..', '', '.hidden', 'a/b', 'a\\b', 'C:a', 'a\0'])(
  'a shard called %j is refused, whatever the source, before anything is opened',
  async (name) => {
    const opened: string[] = []
    const index = bytesSource(new TextEncoder().encode(JSON.stringify({ weight_map: { x: name } })))
    const source: ByteSource = {
      ...index,
      async sibling(file) {
        opened.push(file)
        return bytesSource(fixture('state-dict.pt'))
      },
    }
    await expect(openCheckpoint(source)).rejects.toThrow('expected a plain name of a file beside it')
    await expect(shardNames(source)).rejects.toThrow('expected a plain name of a file beside it')
    expect(opened).toEqual([])
  },
)

test('what was opened is closed: with the file, when a later shard is refused, and when a name is', async () => {
  const open = new Set<string>()
  const source = (json: string): ByteSource => ({
    ...bytesSource(new TextEncoder().encode(json)),
    async sibling(name) {
      open.add(name)
      return { ...bytesSource(shards[name] ?? new Uint8Array(4)), close: async () => void open.delete(name) }
    },
  })
  const file = await openCheckpoint(source(JSON.stringify({ weight_map: map })))
  expect(open.size).toBe(2)
  await file.close()
  expect(open.size).toBe(0)
  const damaged = JSON.stringify({ weight_map: { ...map, x: 'damaged.bin' } })
  await expect(openCheckpoint(source(damaged))).rejects.toThrow('shard damaged.bin: ')
  expect(open.size).toBe(0)
  const weights = [{ name: '__proto__', shape: [1], dtype: 'float32' }]
  const named = JSON.stringify({ weightsManifest: [{ paths: ['1.bin'], weights }] })
  await expect(openCheckpoint(source(named))).rejects.toThrow("expected names of tensors, got '__proto__'")
  expect(open.size).toBe(0)
})

test('a folder is no file, nor is a pipe, which nobody waits for', async () => {
  const folder = temporaryFolder()
  await expect(openCheckpoint(folder)).rejects.toThrow(`${folder}: expected a file, got a folder or a device`)
  const path = write('index.json', { x: 'pipe' }, {})
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(path, '../pipe')])
  else mkdirSync(join(path, '../pipe'))
  await expect(openCheckpoint(path)).rejects.toThrow('pipe: expected a file, got a folder or a device')
})
