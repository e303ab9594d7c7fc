import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { notLoading } from './load-error.ts'
import { loadBackend, useBackend } from './use-backend.ts'

/** A folder of ours with a tfjs-node in it. */
async function cacheWith(version: string, files: Record<string, string>): Promise<string> {
  const cache = temporaryFolder()
  const folder = join(cache, 'backends/node/node_modules/@tensorflow/tfjs-node')
  const manifest = JSON.stringify({ name: '@tensorflow/tfjs-node', version, main: 'index.js' })
  for (const [name, text] of Object.entries({ 'package.json': manifest, ...files })) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return cache
}

test('makes plain JavaScript and WebAssembly the backend, without a greeting', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  for (const name of ['cpu', 'wasm'] as const) {
    const used = await useBackend(name)
    expect(used).toMatchObject({ name, version: tf.version_core, gpu: false })
    expect(tf.getBackend()).toBe(name)
    expect(await tf.mul(tf.tensor1d([2, 3]), 2).data()).toEqual(Float32Array.of(4, 6))
  }
  expect(warn).not.toHaveBeenCalled()
})

test('says how to install what is absent or incomplete', async () => {
  const install = '`npx cascade-diffusion backends install node` builds it'
  const cache = temporaryFolder()
  await expect(useBackend('node', { cache })).rejects.toThrow(
    /@tensorflow\/tfjs-node is not installed\. .*install node/,
  )
  const incomplete = await cacheWith(tf.version_core, { 'index.js': '' })
  await expect(useBackend('node', { cache: incomplete })).rejects.toThrow(install)
  await expect(useBackend('node', { cache: incomplete })).rejects.toThrow('its native add-on')
  await expect(useBackend('gpu' as never)).rejects.toThrow("expected one of cpu, wasm, node, node-gpu, got 'gpu'")
})

test('refuses another version than tfjs-core’s', async () => {
  const cache = await cacheWith('4.1.0', { 'index.js': '', 'lib/napi-v8/tfjs_binding.node': '' })
  await expect(useBackend('node', { cache })).rejects.toThrow(`as @tensorflow/tfjs-core, ${tf.version_core}, got 4.1.0`)
})

test('refuses a package that sees another copy of tfjs-core', async () => {
  const home = temporaryFolder()
  const copy = join(home, 'node_modules/@tensorflow/tfjs-core')
  await mkdir(copy, { recursive: true })
  await writeFile(
    join(copy, 'package.json'),
    JSON.stringify({ name: '@tensorflow/tfjs-core', version: tf.version_core, main: 'x.js' }),
  )
  await writeFile(join(copy, 'x.js'), '')
  const folder = join(home, 'node_modules/@tensorflow/tfjs-backend-cpu')
  await mkdir(folder)
  const found = { name: '@tensorflow/tfjs-backend-cpu', version: tf.version_core, folder, ours: false, complete: true }
  await expect(loadBackend('cpu', found)).rejects.toThrow(`two copies of @tensorflow/tfjs-core`)
  await expect(loadBackend('cpu', found)).rejects.toThrow(copy)
})

test.each([
  [
    'libtensorflow_cc.so.2: cannot open shared object file: No such file',
    'the shared library libtensorflow_cc.so.2 is missing',
  ],
  ["/lib/libc.so.6: version `GLIBC_2.38' not found (required by x)", 'than this system has (GLIBC_2.38)'],
  ['x.node: invalid ELF header', `for another system than ${process.platform} ${process.arch}`],
  ['was compiled against NODE_MODULE_VERSION 108', `for another Node.js than ${process.version}`],
  ['x.node: undefined symbol: TFE_NewContext', 'the versions of its add-on and its TensorFlow library do not match'],
])('explains %s', (message, explanation) => {
  const found = { name: '@tensorflow/tfjs-node', version: '4', folder: '/x', ours: true, complete: true }
  const error = notLoading('node', found, new Error(message))
  expect(error.message).toContain(explanation)
  expect(error.message).toContain('backends install node')
  expect(error.message).toContain(message)
})
