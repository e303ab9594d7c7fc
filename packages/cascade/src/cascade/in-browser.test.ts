import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { bundleForBrowser, chromiumPath, launchChromium, serveFolder } from '@cascade-diffusion/testing/browser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resampleStage } from '../kinds/resample-stage.ts'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import { tinyBase, tinySuperResolution, weighted } from '../test-support.ts'
import type { Cascade } from './cascade.ts'
import { readCascade } from './read-cascade.ts'
import { saveCascade } from './save-cascade.ts'

const network = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: 3 } as const
const cascade: Cascade = {
  stages: [
    { ...weighted(tinyBase(network), 1), sampling },
    { ...weighted(tinySuperResolution({ network }), 2), level: 3, sampling },
    { stage: resampleStage({ name: 'last', resolution: 8, imageChannels: 1, method: 'bicubic' }) },
  ],
}

const samples = async (cascade: Cascade) => {
  const sampler = cascadeSampler(cascade, { compile: jit })
  try {
    return await sampler.sample({ count: 3, label: 'right', rng: rng(9) })
  } finally {
    await sampler.dispose()
  }
}

/** The same in a browser, as plain numbers. */
const page = `
import { cascadeSampler, readCascade } from '@cascade-diffusion/cascade'
import { encodePng, imageGrid } from '@cascade-diffusion/data'
import { jit, onnxRuntimeWeb } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'

const compile = (fn) => jit(fn, { engine: onnxRuntimeWeb({ provider: 'wasm' }) })
globalThis.samplesOf = async (place) => {
  const sampler = cascadeSampler(await readCascade(place), { compile })
  const images = await sampler.sample({ count: 3, label: 'right', rng: rng(9) })
  await sampler.dispose()
  return images.map(({ data }) => Array.from(data))
}
globalThis.sizeOfPng = async (place) => {
  const sampler = cascadeSampler(await readCascade(place), { compile })
  const images = await sampler.sample({ count: 2, label: 'left', rng: rng(9) })
  await sampler.dispose()
  const png = encodePng(imageGrid([[images.at(-1)]]))
  const { width, height } = await createImageBitmap(new Blob([png], { type: 'image/png' }))
  return [width, height]
}
globalThis.messageOf = (place) => readCascade(place).then(() => undefined, ({ code, message }) => code + ' ' + message)
`

const folder = temporaryFolder()
let server: Awaited<ReturnType<typeof serveFolder>>
beforeAll(async () => {
  await saveCascade(join(folder, 'saved'), cascade)
  server = await serveFolder(folder)
})
afterAll(() => server.close())

test('a cascade on a server gives the samples of the one that was saved, bit for bit', async () => {
  const expected = await samples(cascade)
  const url = new URL('saved', server.url)
  for (const place of [url, `${url}/`, `${url}?key=1`, pathToFileURL(join(folder, 'saved'))])
    expect(await samples(await readCascade(place))).toEqual(expected)
})

test('what a server does not have, and servers that are not there, are named without what is secret', async () => {
  await expect(readCascade(`${server.url}other?key=secret`)).rejects.toMatchObject({
    code: 'download',
    message:
      `readCascade: expected a cascade in ${server.url}other: ${server.url}other/cascade.json: ` +
      "could not be fetched: the server's answer is 404 Not Found",
  })
  await expect(readCascade('http://localhost:9/saved')).rejects.toMatchObject({
    code: 'download',
    message: expect.stringContaining('http://localhost:9/saved/cascade.json: could not be fetched: '),
  })
})

test.skipIf(!chromiumPath)('a browser reads it from the server, and its samples are those of Node.js', async () => {
  mkdirSync(join(folder, 'page'))
  await bundleForBrowser(page, fileURLToPath(new URL('.', import.meta.url)), join(folder, 'page'))
  const browser = await launchChromium()
  try {
    const tab = await browser.newPage()
    await tab.goto(`${server.url}page/index.html`)
    await tab.waitForFunction('globalThis.messageOf !== undefined')
    const expected = await samples(cascade)
    for (const place of [`${server.url}saved`, '../saved']) {
      const given = await tab.evaluate<number[][]>(`samplesOf('${place}')`)
      expect(given.map(({ length }) => length)).toEqual([3 * 2 * 2, 3 * 4 * 4, 3 * 8 * 8])
      for (const [i, { data }] of expected.entries()) {
        expect(Math.max(...data)).toBeGreaterThan(0.05)
        expect(greatestDifference(given[i]!, data)).toBeLessThan(1e-4)
      }
    }
    expect(await tab.evaluate(`sizeOfPng('../saved')`)).toEqual([22, 12]) // two images of 8×8 with margins of 2
    expect(await tab.evaluate(`messageOf('../other')`)).toContain(`download readCascade: expected a cascade in `)
  } finally {
    await browser.close()
  }
})
