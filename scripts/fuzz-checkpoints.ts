import { damagedKinds } from '../packages/checkpoints/src/fuzz/kinds.ts'
import { readDamaged } from '../packages/checkpoints/src/fuzz/read-damaged.ts'

// Reads damaged files of every format: `fuzz-checkpoints.ts [count] [seed]`, a million and seed 1 by default.

const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number)
const shares = damagedKinds.reduce((sum, { share }) => sum + share, 0)
let total = 0
for (const kind of damagedKinds) {
  const files = Math.ceil((count * kind.share) / shares)
  const start = performance.now()
  const { loaded, refused, slowest } = await readDamaged(kind, files, seed)
  total += files
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${kind.name}: ${refused} refused, ${loaded} loaded, ${seconds} s, the slowest ${slowest.toFixed(1)} ms`)
}
const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0)
console.log(`${total} damaged files, nothing but our errors; at most ${peak} MiB of memory`)
