import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { chromiumPath, launchChromium } from '@cascade-diffusion/testing/browser'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from './build.ts'
import { serve } from './serve.ts'
import { classNames, drawShapes, resolution } from './shapes.ts'

test('draws what it is to learn: shapes of one colour on the background, all of the classes', () => {
  const { x0, label } = drawShapes(60, rng(4))
  expect(x0.shape).toEqual([60, resolution, resolution, 3])
  expect(new Set(label.data).size).toBe(classNames.length)
  const perImage = resolution ** 2 * 3
  for (let i = 0; i < 60; i++) {
    const pixels = x0.data.subarray(i * perImage, (i + 1) * perImage)
    expect(pixels.every((value) => value >= -1 && value <= 1)).toBe(true)
    // The corner is background; somewhere there is a bright colour.
    expect(pixels[0]).toBeCloseTo(-0.86, 5)
    expect(Math.max(...pixels)).toBeGreaterThan(0.5)
  }
  // In the middle of its image, a disc is filled and a ring is not.
  const middle = (name: string) => {
    const i = label.data.indexOf(classNames.indexOf(name))
    const p = (8 * resolution + 8) * 3
    return Math.max(...x0.data.subarray(i * perImage + p, i * perImage + p + 3))
  }
  expect(middle('disc')).toBeGreaterThan(0.5)
  expect(middle('ring')).toBeLessThan(-0.7)
})

describe.skipIf(!chromiumPath)('in Chromium', () => {
  let folder: string
  let server: Awaited<ReturnType<typeof serve>>
  let browser: Browser
  let page: Page
  const errors: string[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-jit-'))
    await build(folder)
    server = await serve(folder)
    browser = await launchChromium()
    page = await browser.newPage()
    page.on('pageerror', ({ message }) => errors.push(message))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await rm(folder, { recursive: true })
  })

  /** How many colours the picture has. */
  const colours = () =>
    page.evaluate<number>(`(() => {
      const { data } = samples.getContext('2d').getImageData(0, 0, samples.width, samples.height)
      return new Set(new Uint32Array(data.buffer)).size
    })()`)

  test('trains, draws and pauses', async () => {
    await page.goto(server.url)
    await page.locator('[data-provider=wasm][aria-pressed=true]').waitFor()
    expect(await colours()).toBe(1)
    await page.click('#run')
    await page.waitForFunction(`Number(steps.textContent) >= 3`)
    expect(await page.textContent('#engine')).toMatch(/^WebAssembly × \d+$/)
    expect(await page.textContent('#time')).toMatch(/^\d+ ms$/)

    expect(Number(await page.textContent('#loss'))).toBeLessThan(1)
    expect(Number(await page.textContent('#loss'))).toBeGreaterThan(0.05)
    expect(await page.textContent('#caption')).toMatch(/^What the model draws after \d+ step/)
    expect(await colours()).toBeGreaterThan(1000)
    await page.click('#run')
    expect(await page.textContent('#run')).toBe('Continue')
    expect(errors).toEqual([])
  })
})
