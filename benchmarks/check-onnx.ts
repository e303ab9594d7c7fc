// Has the ONNX checker look at the graph of every kernel, for every element type and every target.
import '@cascade-diffusion/ops'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpu, cpuExact, portable } from '@cascade-diffusion/jit'
import { lower } from '../packages/jit/src/compile/lower.ts'
import { encodeModel } from '../packages/jit/src/onnx/encode.ts'
import { graphOfExample, kernelExamples } from '../packages/jit/src/testing/kernel-examples.ts'
import { venvPython } from './peers/peer.ts'

if (!existsSync(venvPython)) throw new Error(`no ${venvPython}: run \`npx -y pnpm@10 bench:setup\` first`)
const folder = mkdtempSync(join(tmpdir(), 'check-onnx-'))
try {
  for (const [name, { types, calls }] of Object.entries(kernelExamples))
    for (const dtype of types)
      calls.forEach((example, i) => {
        const graph = graphOfExample(name, example, dtype)
        for (const target of [cpu, cpuExact, portable])
          writeFileSync(
            join(folder, `${name}-${i}-${dtype}-${target.name}.onnx`),
            encodeModel(lower(graph, target)).bytes,
          )
      })
  const script = fileURLToPath(new URL('peers/check_onnx.py', import.meta.url))
  process.exitCode = spawnSync(venvPython, [script, folder], { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
