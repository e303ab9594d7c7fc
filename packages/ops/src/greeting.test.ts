import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** What a program that runs a function eagerly prints. */
function run(backend: string) {
  const script = `
    ${backend}
    import { float32 } from '@cascade-diffusion/arrays'
    import * as tf from '@tensorflow/tfjs-core'
    import { eager } from './src/index.ts'
    const twice = eager((x) => tf.mul(x, 2))
    console.log(await twice(float32([1, 2])).then(({ data }) => String(data), (error) => error.message))
  `
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, { input: script, cwd, encoding: 'utf8' })
  return { stdout, stderr, status }
}

test("tfjs's advertisement is not printed", () => {
  expect(run("import '@tensorflow/tfjs-backend-cpu'")).toEqual({ stdout: '2,4\n', stderr: '', status: 0 })
})

test('without a backend it says what to import', () => {
  expect(run('').stdout).toContain(
    "eager: expected a backend of tfjs; import '@tensorflow/tfjs-backend-cpu', for example",
  )
})
