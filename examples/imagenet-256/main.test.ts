import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chosenLevels, loadStage, readCascade } from '@cascade-diffusion/cascade'
import { encodePng, imageFolder } from '@cascade-diffusion/data'
import { pipelineNamed } from '@cascade-diffusion/presets'
import { expect, test } from 'vitest'
import { shapes } from './shapes.ts'

const out = join(mkdtempSync(join(tmpdir(), 'imagenet-256-')), 'runs')
const run = (...more: string[]) =>
  execFileSync(
    process.execPath,
    ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', '--tiny', `--out=${out}`, ...more],
    { cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )

test('trains a stage alone, then the others, searches s and samples', async () => {
  const alone = run('--stage=imagenet-32-64')
  expect(alone).toMatch(/^imagenet-32-64 2\/2: loss \d/m)
  expect(existsSync(join(out, 'imagenet-32-64.safetensors'))).toBe(true)
  expect(existsSync(join(out, 'imagenet-32.safetensors'))).toBe(false)

  const all = run('--count=5')
  expect(all).toMatch(/^imagenet-32 2\/2: loss \d/m)
  expect(all).toMatch(/^imagenet-64-256 2\/2: loss \d/m)
  expect(all).not.toContain('imagenet-32-64 2/2') // it was trained already
  expect(all).toMatch(/^2,000 +\d+\.\d+.* \d+\.\d+/m)

  const cascade = await readCascade(join(out, 'cascade'))
  expect(cascade.stages.map(({ stage }) => stage.name)).toEqual(pipelineNamed('imagenet-256').map(({ name }) => name))
  expect(cascade.stages.map(({ stage }) => stage.size[0])).toEqual([8, 16, 64])
  const [s, blur] = chosenLevels(cascade)
  expect([0, 2000, 4000]).toContain(s)
  expect(blur).toBe(0)
  for (const { stage } of cascade.stages) {
    const images = await imageFolder(join(out, 'samples', stage.name), { sameSize: true })
    expect(images).toMatchObject({ count: 5, channels: 3, size: stage.size })
  }
})

test('refuses a stage that there is not', () => {
  expect(() => run('--stage=imagenet-64')).toThrow(
    '--stage: expected one of imagenet-32, imagenet-32-64, imagenet-64-256, got imagenet-64',
  )
})

test('the shapes are of different classes, and each depends on its index alone', async () => {
  const { images, labels } = await shapes.read([0, 1, 2, 3, 4, 7])
  expect(labels).toEqual([0, 1, 2, 3, 4, 2])
  const again = await shapes.read([7])
  expect(again.images[0]).toEqual(images[5])
  // Nearly all pixels of an image are the background or the one colour of its shape, which is brighter.
  for (const { shape, data } of images) {
    expect(shape).toEqual([256, 256, 3])
    const colours = new Map<string, number>()
    for (let i = 0; i < data.length; i += 3) {
      const colour = String(data.subarray(i, i + 3))
      if (Math.min(...data.subarray(i, i + 3)) >= 102) colours.set(colour, (colours.get(colour) ?? 0) + 1)
    }
    const [most = 0] = [...colours.values()].toSorted((a, b) => b - a)
    expect(most / 256 ** 2).toBeGreaterThan(0.01)
    expect(most / 256 ** 2).toBeLessThan(0.4)
  }
})

test('trains on the folder of ImageNet', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'imagenet-'))
  const { images } = await shapes.read([0, 1, 2, 3])
  for (const [i, image] of images.entries()) {
    const wnid = `n0000000${i % 2}`
    mkdirSync(join(folder, 'train', wnid), { recursive: true })
    writeFileSync(join(folder, 'train', wnid, `${wnid}_${i}.JPEG`), encodePng(image)) // read by content
  }
  const trained = run('--stage=imagenet-32', `--data=${folder}`, `--out=${join(folder, 'runs')}`)
  expect(trained).toMatch(/^imagenet-32 2\/2: loss \d/m)
  const { stage } = await loadStage(join(folder, 'runs/imagenet-32.safetensors'))
  expect(stage.classNames).toEqual(['n00000000', 'n00000001'])
})
