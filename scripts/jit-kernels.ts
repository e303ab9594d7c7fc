// Measures the gradients of all kernels, and writes docs/jit-kernels.md, the table of kernels that jit compiles.
import { writeFileSync } from 'node:fs'
import { foundFile } from '../packages/jit/src/testing/gradients/found.ts'
import { bound, gradientExamples, measure } from '../packages/jit/src/testing/gradients/measure.ts'
import { kernelTable } from '../packages/jit/src/testing/kernel-table.ts'

const bounds: Record<string, { compiled: number; eager: number }> = {}
for (const name of Object.keys(gradientExamples).sort()) {
  const found = await measure(name)
  bounds[name] = { compiled: bound(found.compiled), eager: bound(found.eager) }
  if (Math.max(found.compiled, found.eager) > 1e-4)
    console.warn(`${name}: differences of ${found.compiled} compiled, ${found.eager} eager`)
}
const lines = Object.entries(bounds).map(
  ([name, { compiled, eager }]) =>
    `  "${name}": { "compiled": ${compiled.toExponential()}, "eager": ${eager.toExponential()} }`,
)
writeFileSync(foundFile, `{\n${lines.join(',\n')}\n}\n`)
writeFileSync(new URL('../docs/jit-kernels.md', import.meta.url), kernelTable())
