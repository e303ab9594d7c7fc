import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLmdb } from '@cascade-diffusion/data'

// Reads LMDB files that fixtures/lmdb_files.py --large made: `lmdb.ts FOLDER`. Compares all keys and values with those that
// python-lmdb reads, and those of some keys and indices with each other. Or opens one file: `lmdb.ts open PATH`.

interface Expected {
  readonly count: number
  readonly depth: number
  readonly sha256: string
  readonly database?: string
}

async function timed<T>(make: () => Promise<T>): Promise<readonly [T, number]> {
  const start = performance.now()
  const made = await make()
  return [made, performance.now() - start]
}

async function compare(path: string, { database, ...expected }: Expected): Promise<string> {
  const [lmdb, openMs] = await timed(() => openLmdb(path, { database }))
  const hash = createHash('sha256')
  const kept = new Map<number, readonly [key: Uint8Array, value: Uint8Array]>()
  let i = 0
  const [, readMs] = await timed(async () => {
    for await (const { key, value } of lmdb.entries()) {
      for (const part of [key, value]) hash.update(Uint32Array.of(part.length)).update(part)
      if (i % 97 === 0) kept.set(i, [key, value])
      i++
    }
  })
  if (lmdb.count !== expected.count || hash.digest('hex') !== expected.sha256) throw new Error(`${path}: differs`)
  const places = await lmdb.locate([...kept.keys()])
  for (const [at, [key, value]] of [...kept.values()].entries()) {
    const place = places[at]!
    const length = 'bytes' in place ? place.bytes.length : place.length
    const found = await lmdb.get(key)
    const same = found !== undefined && Buffer.compare(found, value) === 0
    if (!same || Buffer.compare(place.key, key) !== 0 || length !== value.length)
      throw new Error(`${path}: entry ${at * 97} differs`)
  }
  return `${lmdb.count} entries in ${expected.depth} levels equal; opened in ${openMs.toFixed(1)} ms, read in ${readMs.toFixed(0)} ms`
}

const [first = '', second = ''] = process.argv.slice(2)
if (first === 'open') {
  const [{ count }, ms] = await timed(() => openLmdb(second))
  const { rss } = process.memoryUsage()
  console.log(`${second}: ${count} entries, opened in ${ms.toFixed(0)} ms, ${(rss / 2 ** 20).toFixed(0)} MiB of memory`)
} else {
  const files: Record<string, readonly Expected[]> = JSON.parse(readFileSync(join(first, 'expected.json'), 'utf8'))
  for (const [name, databases] of Object.entries(files))
    for (const expected of databases) {
      const of = expected.database ? ` '${expected.database}'` : ''
      console.log(`${name}${of}: ${await compare(join(first, `${name}.mdb`), expected)}`)
    }
}
