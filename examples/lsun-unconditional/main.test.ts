import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chosenLevels, readCascade } from '@cascade-diffusion/cascade'
import { encodePng, imageFolder } from '@cascade-diffusion/data'
import { pipelineNamed } from '@cascade-diffusion/presets'
import { expect, test } from 'vitest'
import { towers } from './towers.ts'

const out = join(mkdtempSync(join(tmpdir(), 'lsun-')), 'runs')
const run = (...more: string[]) =>
  execFileSync(
    process.execPath,
    ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', '--tiny', `--out=${out}`, ...more],
    { cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )

test('trains a stage alone, then the others, searches s and samples', async () => {
  const alone = run('--stage=lsun-64-128')
  expect(alone).toMatch(/^lsun-64-128 2\/2: loss \d/m)
  expect(existsSync(join(out, 'lsun-64-128.safetensors'))).toBe(true)
  expect(existsSync(join(out, 'lsun-64.safetensors'))).toBe(false)

  const all = run('--count=5')
  expect(all).toMatch(/^lsun-64 2\/2: loss \d/m)
  expect(all).not.toContain('lsun-64-128 2/2') // it was trained already
  expect(all).toMatch(/^0\.5 +\d+\.\d+.* \d+\.\d+/m)

  const cascade = await readCascade(join(out, 'cascade'))
  expect(cascade.stages.map(({ stage }) => stage.name)).toEqual(pipelineNamed('lsun').map(({ name }) => name))
  expect(cascade.stages.map(({ stage }) => stage.size[0])).toEqual([16, 32])
  expect([0, 0.5, 1]).toContain(chosenLevels(cascade)[0])
  expect(cascade.stages.map(({ stage }) => stage.classNames)).toEqual([undefined, undefined])
  for (const { stage } of cascade.stages) {
    const images = await imageFolder(join(out, 'samples', stage.name), { sameSize: true })
    expect(images).toMatchObject({ count: 5, channels: 3, size: stage.size })
  }
})

test('trains on a folder of PNG files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pngs-'))
  const { images } = await towers.read([0, 1, 2])
  for (const [i, image] of images.entries()) writeFileSync(join(folder, `${i}.png`), encodePng(image))
  expect(run('--stage=lsun-64', `--data=${folder}`, `--out=${join(folder, 'runs')}`)).toMatch(/^lsun-64 2\/2: loss \d/m)
})

test('refuses a stage that there is not', () => {
  expect(() => run('--stage=lsun-128')).toThrow('--stage: expected one of lsun-64, lsun-64-128, got lsun-128')
})

test('the towers have no labels, and each image depends on its index alone', async () => {
  const { images, labels } = await towers.read([0, 1, 7])
  expect(labels).toBeUndefined()
  expect((await towers.read([7])).images[0]).toEqual(images[2])
  expect(images.map(({ shape }) => shape)).toEqual(images.map(() => [128, 128, 3]))
  // The sky above is of one colour in each row; below there are towers.
  const colours = ({ data }: (typeof images)[number], row: number) =>
    new Set(Array.from({ length: 128 }, (_, x) => String(data.subarray(3 * (128 * row + x), 3 * (128 * row + x) + 3))))
  for (const image of images) expect([colours(image, 5).size, colours(image, 120).size]).toEqual([1, 2])
})
