// Compiles resize.ts to src/resize/wasm/kernel.ts: npx tsx packages/data/assembly/compile.ts
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compiledKernel } from './compiled-kernel.ts'

const output = fileURLToPath(new URL('../src/resize/wasm/kernel.ts', import.meta.url))
await writeFile(output, await compiledKernel())
