import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { notLoading } from './not-loading.ts'

/** What Node.js says of `import('onnxruntime-node')` in a folder. */
function importedIn(folder: string): Error {
  const script = "await import('onnxruntime-node').catch(({ message }) => console.log(JSON.stringify(message)))"
  writeFileSync(join(folder, 'main.mjs'), script)
  const { NODE_PATH: _, ...env } = process.env
  const { stdout } = spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8', env })
  return new Error(JSON.parse(stdout))
}

test('a package that is not there: the line that installs it, which fetches no CUDA', () => {
  expect(notLoading('onnxruntime-node', importedIn(temporaryFolder())).message).toBe(
    'jit: onnxruntime-node is not installed: npm i onnxruntime-node --ignore-scripts',
  )
})

test('a package that is there and lacks another one: the reason', () => {
  const project = temporaryFolder()
  const ort = join(project, 'node_modules/onnxruntime-node')
  mkdirSync(ort, { recursive: true })
  writeFileSync(join(ort, 'package.json'), '{"name":"onnxruntime-node","main":"index.js"}')
  writeFileSync(join(ort, 'index.js'), "require('onnxruntime-common')")
  expect(notLoading('onnxruntime-node', importedIn(project)).message).toContain(
    "jit: could not load onnxruntime-node: Cannot find module 'onnxruntime-common'",
  )
})
