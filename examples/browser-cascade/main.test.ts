import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumPath, launchChromium, serveFolder } from '@cascade-diffusion/testing/browser'
import { loadCascade } from 'cascade-diffusion'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { savedTinyCascade } from '../../packages/cascade-diffusion/src/tiny-cascade.ts'
import { build } from './build.ts'

describe.skipIf(!chromiumPath)('in Chromium', () => {
  let folder: string
  let server: Awaited<ReturnType<typeof serveFolder>>
  let browser: Browser
  let page: Page
  const errors: string[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-cascade-'))
    await build(join(folder, 'page'), await savedTinyCascade(join(folder, 'tiny')))
    server = await serveFolder(join(folder, 'page'))
    browser = await launchChromium()
    page = await browser.newPage()
    page.on('pageerror', ({ message }) => errors.push(message))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await rm(folder, { recursive: true })
  })

  test('an image is the one that Node.js makes', async () => {
    await page.goto(`${server.url}?wasm`)
    await page.waitForFunction('!sample.disabled')
    expect(errors).toEqual([])
    expect(await page.textContent('#said')).toBe('4×4 → 8×8 pixels.')
    await page.selectOption('#classes', 'dog')
    await page.click('#sample')
    await page.waitForFunction('!sample.disabled')
    expect(await page.textContent('#said')).toMatch(/^Made in \d+\.\d s\.$/)
    const drawn = await page.evaluate<number[]>(
      `[...image.getContext('2d').getImageData(0, 0, image.width, image.height).data]`,
    )
    const { data } = (await (await loadCascade(join(folder, 'tiny'))).sample({ label: 'dog', seed: 0 })).imageData(0)
    // The engines round in other ways, and so may a byte.
    expect(drawn).toHaveLength(8 * 8 * 4)
    expect(Math.max(...drawn.map((byte, i) => Math.abs(byte - data[i]!)))).toBeLessThanOrEqual(1)
    expect(new Set(drawn).size).toBeGreaterThan(20)
    expect(errors).toEqual([])
  })

  test("without ONNX Runtime's files, the page says which and where they are", async () => {
    const bare = join(folder, 'bare')
    await cp(join(folder, 'page'), bare, { recursive: true, filter: (path) => !path.endsWith('.wasm') })
    const server = await serveFolder(bare)
    const page = await browser.newPage()
    await page.goto(`${server.url}?wasm`)
    await page.waitForFunction('!sample.disabled')
    await page.click('#sample')
    await page.waitForFunction('!sample.disabled')
    expect(await page.textContent('#said')).toContain('copy ort-wasm-simd-threaded.wasm and')
    server.close()
  })
})
