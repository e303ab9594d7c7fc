import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng, imageDataset } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { loadData } from '../data/data.ts'
import { completeData } from './complete-data.ts'
import { completePlan } from './complete-plan.ts'
import { dataFacts } from './data-facts.ts'

/** PNG files of different sizes in two classes, 30 and 10. */
function pictures(): string {
  const folder = temporaryFolder()
  for (let i = 0; i < 40; i++) {
    const name = i < 30 ? 'cats' : 'dogs'
    mkdirSync(join(folder, name), { recursive: true })
    const shape = [40 + i, 90 - i, 3]
    writeFileSync(
      join(folder, name, `${i}.png`),
      encodePng({ shape, data: Uint8Array.from(rng(i).integers(shape, 0, 256).data) }),
    )
  }
  return folder
}

const memoryBytes = 8 * 2 ** 30

test('a folder of pictures of two classes', async () => {
  const folder = pictures()
  const data = await completeData(folder)
  expect(data).toEqual({ name: 'images', train: folder, test: { validation: 0.25 } })
  const loaded = await loadData(data, { cacheDir: temporaryFolder(), progress: () => {} })
  const facts = await dataFacts(loaded)
  expect(facts).toMatchObject({ channels: 3, classNames: ['cats', 'dogs'], count: loaded.train.count })
  expect(facts.count + facts.testCount).toBe(40)
  expect(facts.size).toBeUndefined()
  expect(facts.sizes.sampled).toBe(facts.count)
  const plan = completePlan({ data, network: 'tiny' }, facts, { memoryBytes })
  expect(plan.stages.map(({ name, resolution }) => [name, resolution])).toEqual([
    ['base', 8],
    ['32x32', 32],
  ])
  expect(plan.data).toEqual({ ...data, transforms: [{ name: 'resize-crop', size: 32 }] })
  expect(plan.evaluation.features).toBe('classes')
  const again = { ...plan, data: plan.data }
  expect(
    completePlan(
      again,
      await dataFacts(await loadData(plan.data, { cacheDir: temporaryFolder(), progress: () => {} })),
      { memoryBytes },
    ),
  ).toEqual(plan)
})

test('images in memory', async () => {
  const images = { shape: [20, 28, 28, 1], data: new Uint8Array(20 * 28 * 28) }
  const source = imageDataset({ name: 'digits', images, labels: Array(20).fill(0), classNames: ['0'] })
  const facts = await dataFacts({ train: source, test: source })
  expect(facts).toMatchObject({ name: 'digits', count: 20, size: [28, 28], perClass: [20] })
  const plan = completePlan({ data: { train: source, test: source }, network: 'tiny' }, facts, { memoryBytes })
  expect(plan.stages.map(({ resolution }) => resolution)).toEqual([8, 32])
  expect(plan.evaluation.features).toBe('rotations')
})
