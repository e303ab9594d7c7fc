import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readEncoded } from '../sources/read-encoded.ts'
import { parquetImages } from './parquet-images.ts'

/**
 * Damaged copies of each file. `npx vitest run packages/data/src/parquet/damaged.test.ts` with DAMAGED_COPIES=1250
 * makes many more.
 */
const copies = Number(process.env.DAMAGED_COPIES ?? 25)

const files = [
  'datasets-groups',
  'page-1-snappy',
  'page-1-gzip',
  'page-1-lz4',
  'page-2-zstd',
  'page-2-brotli',
  'page-index',
  'dictionary',
  'dictionary-zstd',
  'holes',
  'holes-2',
  'holes-snappy',
  'categories',
  'delta-bytes',
  'delta-lengths',
  'required',
]

/** Damage where it tells: bytes of the footer, of the first page, or of anything; or the end cut off. */
function damaged(file: Uint8Array, key: number): Uint8Array {
  const numbers = rng(key).integers([16], 0, 2 ** 31 - 1).data
  const kind = (numbers[0] as number) % 5
  if (kind === 0) return file.slice(0, (numbers[1] as number) % file.length)
  const bytes = file.slice()
  const footer = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true) + 8
  const places = {
    1: [file.length - footer, footer],
    2: [4, 400],
    3: [0, file.length],
    4: [file.length - footer, footer],
  }
  const [from, length] = places[kind as 1 | 2 | 3 | 4] as [number, number]
  const changes = kind === 4 ? 1 : 1 + ((numbers[2] as number) % 6)
  for (let i = 0; i < changes; i++) {
    const at = from + ((numbers[3 + i] as number) % Math.min(length, file.length - from))
    const value = numbers[9 + i] as number
    bytes[at] = value % 3 === 0 ? 0xff : value % 3 === 1 ? (bytes[at] as number) ^ (1 << (value % 8)) : value >> 8
  }
  return bytes
}

/** Every image by itself, so that each call must end. */
async function readAll(path: string): Promise<void> {
  const source = await parquetImages(path)
  const read = async (i: number) => {
    const { images } = await source.encoded.locate([i])
    for (const image of images) await readEncoded(image)
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(source.count, 60) }, (_, i) => read(i)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

test.each(files)('damaged copies of %s are read or are errors of ours, soon and in little memory', async (name) => {
  const file = new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.parquet`)))
  const path = join(temporaryFolder(), 'x.parquet')
  let errors = 0
  for (let i = 0; i < copies; i++) {
    writeFileSync(path, damaged(file, 1000 * files.indexOf(name) + i))
    const started = performance.now()
    const before = process.memoryUsage()
    const error = await readAll(path).catch((cause: unknown) => cause)
    const after = process.memoryUsage()
    expect(performance.now() - started, `copy ${i}`).toBeLessThan(5000)
    expect(after.rss - before.rss, `copy ${i}`).toBeLessThan(2 ** 29)
    if (error === undefined) continue
    errors++
    if (!(error instanceof CascadeError)) throw new Error(`copy ${i}: not an error of ours`, { cause: error })
    expect(['data', 'unsupported'], `copy ${i}: ${error.message}`).toContain(error.code)
    expect(error.message).toContain(path)
  }
  expect(errors).toBeGreaterThan(copies / 4)
})
