import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { float32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { pixelDropout } from './pixel-dropout.ts'

test('blanks level / 10 of the pixels, in all channels, and none at level 0', async () => {
  const apply = jit(pixelDropout.apply)
  const z = float32(new Float32Array(32 * 32 * 3).fill(-0.5), [1, 32, 32, 3])
  for (let level = 0; level < 10; level++) {
    const { data } = await apply(z, pixelDropout.draw({ shape: z.shape, rng: rng(1), level, firstIndex: level }))
    const pixels = Array.from({ length: 1024 }, (_, i) => data.subarray(i * 3, i * 3 + 3))
    for (const pixel of pixels)
      expect(
        [
          [0, 0, 0],
          [-0.5, -0.5, -0.5],
        ].map(String),
      ).toContain(String([...pixel].map((x) => x + 0)))
    const blank = pixels.filter(([x]) => x! > -0.5).length / 1024
    // Four standard deviations of the share of 1024 pixels.
    expect(Math.abs(blank - level / 10)).toBeLessThanOrEqual(4 * Math.sqrt(((level / 10) * (1 - level / 10)) / 1024))
  }
  await apply.dispose()
})

test('trains, loads and samples with it', () => {
  const out = join(mkdtempSync(join(tmpdir(), 'custom-augmentation-')), 'run')
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', '--steps=2', `--out=${out}`]
  const log = execFileSync(process.execPath, flags, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  })
  expect(log).toMatch(/^2\/2: loss \d/m)
  expect(log).toContain('level 9: 10 images')
  expect(readFileSync(join(out, 'samples.png')).toString('latin1', 1, 4)).toBe('PNG')
})
