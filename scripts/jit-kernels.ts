// Writes docs/jit-kernels.md, the table of kernels that jit compiles.
import { writeFileSync } from 'node:fs'
import { kernelTable } from '../packages/jit/src/testing/kernel-table.ts'

writeFileSync(new URL('../docs/jit-kernels.md', import.meta.url), kernelTable())
