import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imageFolder } from '@cascade-diffusion/data'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { drawings } from './drawings.ts'

const folder = mkdtempSync(join(tmpdir(), 'drawings-'))

test('trains both stages on a folder of mixed pictures and writes their samples', async () => {
  await drawings(folder, 16)
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', folder, '2']
  execFileSync(process.execPath, flags, { cwd, stdio: 'pipe' })
  // Two rows of 16 images of 64 pixels, with gaps of 2; small ones as large.
  const header = readFileSync(join(cwd, 'runs/samples.png'))
  expect([header.toString('latin1', 1, 4), header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([
    'PNG',
    16 * 66 + 2,
    2 * 66 + 2,
  ])
})

test('it is under 25 lines, imports included', () => {
  const lines = readFileSync(fileURLToPath(new URL('main.ts', import.meta.url)), 'utf8').split('\n')
  expect(lines.filter((line) => line !== '' && !line.startsWith('//')).length).toBeLessThan(25)
})

test('the drawings are mixed: formats, sizes, a palette, grey, turned by EXIF', async () => {
  await drawings(folder, 8)
  const files = readdirSync(folder)
  const found = await Promise.all(files.map((file) => sharp(join(folder, file)).metadata()))
  expect(new Set(found.map(({ format }) => format))).toEqual(new Set(['jpeg', 'png', 'webp', 'tiff']))
  expect(new Set(found.map(({ width, height }) => `${width}×${height}`)).size).toBeGreaterThan(5)
  expect(found.some(({ isPalette }) => isPalette)).toBe(true)
  expect(found.some(({ channels }) => channels === 1)).toBe(true)
  expect(found.some(({ orientation }) => orientation === 8)).toBe(true)
  // Upright, hills are below and the sky above: the middle of the lowest row is darker than that of the highest.
  const source = await imageFolder(folder)
  const { images } = await source.read(files.map((_, i) => i))
  for (const [i, { shape, data }] of images.entries()) {
    const [height, width] = shape as [number, number]
    const middle = (y: number, at = (y * width + (width >> 1)) * 3) => data[at]! + data[at + 1]! + data[at + 2]!
    expect(middle(height - 1), source.nameOf(i)).toBeLessThan(middle(1))
  }
})
