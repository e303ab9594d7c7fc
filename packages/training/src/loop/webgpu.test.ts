import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cpuExact, jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { expect, test } from 'vitest'
import { type EngineRun, engineRun } from '../testing/test-engine-run.ts'

/** Debian's chromium brings a Vulkan loader and a GPU in software, SwiftShader. */
const [loader, driver] = ['/usr/lib/chromium', '/usr/lib/chromium/vk_swiftshader_icd.json']
const real = process.env.WEBGPU_TEST === 'gpu'
const works = real || (existsSync(`${loader}/libvulkan.so.1`) && existsSync(driver))
if (!works)
  console.warn(
    `webgpu: not tested, since ${driver} is not there; install chromium, or set WEBGPU_TEST=gpu to test on the machine's GPU`,
  )

test.skipIf(!works)(
  'forward pass and training steps of a U-Net on webgpu agree with cpu',
  async () => {
    // A process of its own: the loader of libraries reads these variables when a process begins.
    const script = `
    import { jit } from '@cascade-diffusion/jit'
    import { engineRun } from './src/testing/test-engine-run.ts'
    const run = await engineRun((fn) => jit(fn, { engine: 'webgpu' }))
    const half = await engineRun((fn) => jit(fn, { engine: 'webgpu', precision: 'float16' })).catch((error) => error.message)
    process.stdout.write('RESULT' + JSON.stringify({ run, half }))`
    const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
    const child = spawnSync(process.execPath, flags, {
      input: script,
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: real ? process.env : { ...process.env, LD_LIBRARY_PATH: loader, VK_ICD_FILENAMES: driver },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    expect(child.status, child.stderr).toBe(0)
    const { run: actual, half } = JSON.parse(child.stdout.split('RESULT')[1]!) as {
      run: EngineRun
      half: EngineRun | string
    }
    const expected = await engineRun((fn) => jit(fn, { engine: onnxRuntimeNode({ target: cpuExact }) }))
    expect(Object.keys(actual)).toEqual(Object.keys(expected))
    for (const [name, values] of Object.entries(expected)) {
      const largest = (numbers: readonly number[]) => numbers.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
      const scale = largest(values)
      const error = largest(values.map((x, i) => x - actual[name]![i]!))
      expect(scale, name).toBeGreaterThan(0)
      expect(error / scale, name).toBeLessThan(1e-4)
      // Not every GPU has float16; SwiftShader has not.
      if (typeof half === 'string')
        expect(half).toMatch(/'onnxruntime-node\/webgpu' does not compute in float16 here: .*f16/)
      else expect(largest(values.map((x, i) => x - half[name]![i]!)) / scale, name).toBeLessThan(0.05)
    }
  },
  300_000,
)
