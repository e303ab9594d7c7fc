import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuExact, onnxRuntimeNode, onnxRuntimeWeb } from '@cascade-diffusion/jit'
import { chromiumPath, launchChromium } from '@cascade-diffusion/testing/browser'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Results, runOn } from './agreement.ts'
import { build } from './build.ts'
import { serve } from './serve.ts'

/** Expects every array to differ by no more than 1e-4 of its largest value. */
function expectAgreement(results: Results, expected: Results): void {
  expect(Object.keys(results)).toEqual(Object.keys(expected))
  for (const [name, values] of Object.entries(expected)) {
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    expect(largest, name).toBeGreaterThan(0)
    const error = values.reduce((most, x, i) => Math.max(most, Math.abs(results[name]![i]! - x)), 0)
    expect(error / largest, name).toBeLessThan(1e-4)
  }
}

let expected: Results
beforeAll(async () => {
  expected = await runOn(onnxRuntimeNode({ target: cpuExact }))
}, 60_000)

test('WebAssembly in Node.js agrees with the processor', async () => {
  expectAgreement(await runOn(onnxRuntimeWeb({ threads: 2 })), expected)
})

describe.skipIf(!chromiumPath)('in Chromium', () => {
  let folder: string
  let server: Awaited<ReturnType<typeof serve>>
  let browser: Browser
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agreement-'))
    await build(folder, ['agreement.page.ts'])
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><script type="module" src="agreement.page.js"></script>',
    )
    server = await serve(folder)
    browser = await launchChromium()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await rm(folder, { recursive: true })
  })

  /** What an expression gives on the page, and how many workers there are then. */
  const inPage = async <T>(expression: string): Promise<{ value: T; workers: number }> => {
    const page = await browser.newPage()
    try {
      await page.goto(server.url)
      return { value: await page.evaluate<T>(expression), workers: page.workers().length }
    } finally {
      await page.close()
    }
  }

  test('WebAssembly with threads agrees with the processor', async () => {
    expect((await inPage('crossOriginIsolated')).value).toBe(true)
    const { value, workers } = await inPage<Results>(`runOn('wasm')`)
    expect(workers).toBeGreaterThan(0)
    expectAgreement(value, expected)
  })

  test('WebGPU agrees with the processor', async () => {
    expectAgreement((await inPage<Results>(`runOn('webgpu')`)).value, expected)
  }, 180_000)

  test('there is a default engine', async () => {
    expect((await inPage('addOne()')).value).toEqual([2, 3])
  })
})
