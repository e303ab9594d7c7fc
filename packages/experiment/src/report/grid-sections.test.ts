import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { briefPlan } from '../tiny-plan.ts'
import { gridSections, stageGrids } from './grid-sections.ts'

/** A folder with grids of both stages: `count` of the base, each of so many bytes, and one of the other. */
function folderOf(count: number, bytes = 10): string {
  const folder = temporaryFolder()
  for (const name of ['base', 'super-resolution']) mkdirSync(join(folder, name))
  for (let i = 1; i <= count; i++)
    writeFileSync(join(folder, `base/${String(100 * i).padStart(6, '0')}.png`), Buffer.alloc(bytes))
  writeFileSync(join(folder, 'base/notes.txt'), '')
  writeFileSync(join(folder, 'super-resolution/1000000.png'), 'b')
  return folder
}
const steps = async (folder: string) =>
  (await stageGrids(folder, briefPlan)).map(({ stage, grids }) => [stage, ...grids.map(({ step }) => step)])

test('some grids of each stage, the last among them; fewer of large ones; none without a folder', async () => {
  expect(await steps(folderOf(4))).toEqual([
    ['base', 100, 200, 300, 400],
    ['super-resolution', 1_000_000],
  ])
  expect((await steps(folderOf(12)))[0]).toEqual(['base', 200, 400, 600, 800, 1000, 1200])
  expect((await steps(folderOf(12, 2 ** 22)))[0]).toEqual(['base', 600, 1200])
  expect(await steps(join(temporaryFolder(), 'none'))).toEqual([])
})

test('a section for each stage says what its rows are', async () => {
  const read = await stageGrids(folderOf(2), briefPlan)
  const [base, upper] = gridSections(briefPlan, read)
  expect(base!.heading).toBe('Samples over time: base')
  expect(base!.images!.map(({ caption }) => caption)).toEqual(['Step 100', 'Step 200'])
  expect(base!.text).toContain('Below: of their average')
  expect(upper!.text).toContain('the real images at the high resolution')
  const [plain, ...others] = briefPlan.stages
  const without = { stages: [{ ...plain, training: { ...plain.training, averages: {} } }, ...others] } as const
  expect(gridSections(without, read)[0]!.text).not.toContain('average')
})
