// Lists and shuffles 1,300,000 names of files in 1,000 folders, as in ImageNet; the files are empty. Prints seconds
// and memory: node --conditions=@cascade-diffusion/source --import=tsx benchmarks/data-listing.ts [FOLDER]
// FOLDER is made if it is not there, and kept; default: a temporary one.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { imageFolder, shuffledIndices } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'

const [kept] = process.argv.slice(2)
const root = kept ?? mkdtempSync(join(tmpdir(), 'listing-'))

function makeFiles(folders = 1000, each = 1300): void {
  for (let k = 0; k < folders; k++) {
    const name = `n${String(1_440_764 + 12_345 * k).padStart(8, '0')}`
    mkdirSync(join(root, name), { recursive: true })
    for (let i = 0; i < each; i++) writeFileSync(join(root, name, `${name}_${(i * 7919) % 100_003}.JPEG`), '')
  }
}

/** Of the whole life of the process. */
const peak = (): string => `at most ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB resident`

async function timed<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(2)} s, ${peak()}`)
  return result
}

if (kept === undefined || !existsSync(kept)) await timed('making the files', makeFiles)
else console.log(`before: ${peak()}`)
const source = await timed('listing', () => imageFolder(root, { classes: 'folders' }))
await timed('shuffling', () => shuffledIndices(source.count, 1000, rng(0))(0))
const characters = await timed('an epoch of paths, shuffled', () => {
  const batches = shuffledIndices(source.count, 1000, rng(0))
  let sum = 0
  for (let step = 0; step < source.count / 1000; step++) for (const i of batches(step)) sum += source.nameOf(i).length
  return sum
})
console.log(`${source.count} files in ${source.classNames.length} classes; paths of ${characters} characters`)
if (kept === undefined) rmSync(root, { recursive: true })
