import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { isCascadeError } from '../packages/checks/src/index.ts'
import fixtures from '../packages/data/src/tar/fixtures/shards.json' with { type: 'json' }
import { tarShards } from '../packages/data/src/tar/tar-shards.ts'
import { damageBytes, damageFilled, filledPlaces, type Next, oneOf, xorshift } from '../packages/testing/src/index.ts'

// Opens damaged tar shards: `fuzz-tar-shards.ts [count] [seed]`, 50,000 and seed 1 by default. An error of ours or a source is right, within
// a second; every image of a source lies within the file.

const [count = 50_000, seed = 1] = process.argv.slice(2).map(Number)
const shards = Object.values(fixtures.shards).map(({ tar }) => gunzipSync(Buffer.from(tar, 'base64')))
const places = shards.map(filledPlaces)
const next = xorshift(seed)

/** Makes the checksums of half of the copies right, since a wrong one ends the reading. */
function mended(bytes: Uint8Array): Uint8Array {
  const tar = Buffer.from(bytes)
  for (let at = 0; at + 512 <= tar.length; at += 512) {
    if (tar.toString('latin1', at + 257, at + 262) !== 'ustar') continue
    tar.fill(' ', at + 148, at + 156)
    const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148)
  }
  return tar
}

/** A header's size, type or magic replaced. */
function damageField(good: Uint8Array, draw: Next): Uint8Array {
  const tar = Buffer.from(good)
  const at = 512 * draw(tar.length / 512)
  const kind = draw(4)
  if (kind === 0) tar.write(draw(0xffffffff).toString(8).padStart(11, '0'), at + 124)
  else if (kind === 1) tar.writeUIntBE(0x800000000000 + draw(0xffff), at + 124, 6)
  else if (kind === 2) tar.write(oneOf([...'0123456789xgLKSXVMND\0'], draw), at + 156)
  else tar[at + draw(512)] = draw(256)
  return tar
}

const folder = mkdtempSync(join(tmpdir(), 'fuzz-tar-'))
const path = join(folder, 'a.tar')
let [read, refused, slowest] = [0, 0, 0]
for (let i = 0; i < count; i++) {
  const which = next(shards.length)
  const good = shards[which] as Buffer
  const kind = next(3)
  const bytes =
    kind === 0
      ? damageBytes(good, next)
      : kind === 1
        ? damageFilled(good, places[which] as number[], next)
        : damageField(good, next)
  const damaged = next(2) ? mended(bytes) : bytes
  writeFileSync(path, damaged)
  const start = performance.now()
  try {
    const label = next(2) ? 'cls' : undefined
    const { encoded, count: images } = await tarShards(path, { label, incomplete: oneOf(['fail', 'skip'], next) })
    const located = await encoded.locate(Array.from({ length: images }, (_, k) => k))
    for (const image of located.images)
      if (!('path' in image) || (image.offset ?? 0) + (image.length ?? 0) > damaged.length)
        throw new Error(`copy ${i}: an image lies beyond the file: ${JSON.stringify(image)}`)
    read++
  } catch (error) {
    if (!isCascadeError(error) || !['data', 'unsupported'].includes(error.code)) throw error
    refused++
  }
  slowest = Math.max(slowest, performance.now() - start)
  if (slowest > 1000) throw new Error(`copy ${i}: took ${slowest} ms`)
}
rmSync(folder, { recursive: true })
const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0)
console.log(
  `${count} damaged shards: ${refused} refused, ${read} read, the slowest ${slowest.toFixed(0)} ms; at most ${peak} MiB of memory`,
)
