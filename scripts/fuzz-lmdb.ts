import { damagedFiles, readDamaged } from '../packages/data/src/lmdb/fuzz/damaged-lmdb.ts'
import { temporaryFolder } from '../packages/testing/src/index.ts'

// Reads damaged copies of LMDB files: `fuzz-lmdb.ts [count] [seed] [path]`, 200,000 and seed 1 by default. They are written to the path.

const [count = 200_000, seed = 1] = process.argv.slice(2, 4).map(Number)
const path = process.argv[4] ?? `${temporaryFolder()}/data.mdb`
const each = Math.ceil(count / damagedFiles.length)
for (const file of damagedFiles) {
  const start = performance.now()
  const { refused, same, different, slowest } = await readDamaged(file, each, { seed, path })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(
    `${file[0]}: ${refused} refused, ${same} read as the sound file, ${different} with other keys or places within the file; ` +
      `${seconds} s, the slowest ${slowest.toFixed(1)} ms of processor time`,
  )
}
const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0)
console.log(`${each * damagedFiles.length} damaged files, nothing but our errors; at most ${peak} MiB of memory`)
