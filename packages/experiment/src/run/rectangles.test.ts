import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageDataset } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { briefPlan } from '../tiny-plan.ts'
import { runExperiment } from './run-experiment.ts'

/** Wide images of two classes, in RGBA. */
const wide = (split: string) => {
  const shape = [16, 16, 32, 4]
  const data = Uint8Array.from(rng(5).fold(split).integers(shape, 0, 256).data)
  const labels = Array.from({ length: 16 }, (_, i) => i % 2)
  return imageDataset({ name: `wide ${split}`, images: { shape, data }, labels, classNames: ['even', 'odd'] })
}

test('rectangular images of four channels, by a factor of 4/3', async () => {
  const out = temporaryFolder()
  const [base, upper] = briefPlan.stages
  const plan = {
    ...briefPlan,
    name: 'wide',
    data: { train: wide('train'), test: wide('test') },
    stages: [
      { ...base, resolution: [12, 24] },
      { ...upper!, resolution: [16, 32] },
    ],
  } as const
  const { cascade, report } = await runExperiment({ plan, out, compile: jit })
  expect(cascade.stages.map(({ stage }) => [...stage.size, stage.imageChannels])).toEqual([
    [12, 24, 4],
    [16, 32, 4],
  ])
  expect(await readFile(report, 'utf8')).toContain(
    'A base model generates 12×24 images of a class. Another model super-resolves them to 16×32.',
  )
  // Two classes of four images; two blocks of cells of 32×64 with gaps of 2, and a cell between them. RGBA.
  const png = await readFile(join(out, 'samples.png'))
  expect([png.readUInt32BE(16), png.readUInt32BE(20), png[25]]).toEqual([9 * 66 + 2, 2 * 34 + 2, 6])
})
