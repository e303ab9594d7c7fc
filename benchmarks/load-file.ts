// Reads one file: node load-file.mjs read|load PATH. Writes a line of JSON. `load.ts` bundles it and runs it.
import { readFileSync } from 'node:fs'
import { readCheckpoint } from '@cascade-diffusion/checkpoints'

const [how, path] = process.argv.slice(2) as ['read' | 'load', string]
const start = performance.now()
if (how === 'read') readFileSync(path)
else await readCheckpoint(path)
const ms = performance.now() - start
console.log(JSON.stringify({ ms, peakMiB: process.resourceUsage().maxRSS / 1024 }))
