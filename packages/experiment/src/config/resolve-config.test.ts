import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '@cascade-diffusion/data'
import { pipelineNamed, presetSampling } from '@cascade-diffusion/presets'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { beforeAll, expect, test } from 'vitest'
import type { PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { quickstartPlan } from '../plans/quickstart.ts'
import { tinyPlan } from '../tiny-plan.ts'
import type { CascadeConfig } from './cascade-config.ts'
import { withOverrides } from './overrides.ts'
import { plainPlan } from './printed-plan.ts'
import { resolveConfig } from './resolve-config.ts'

const cacheDir = temporaryFolder()
const resolve = (config: CascadeConfig) => resolveConfig(config, { cacheDir, memoryBytes: 8 * 2 ** 30 })

/** A folder of PNG files of different sizes in two classes. */
function pictures(side = 40): string {
  const folder = temporaryFolder()
  const noise = Uint8Array.from(rng(0).integers([(side + 9) ** 2 * 3], 0, 256).data)
  for (let i = 0; i < 80; i++) {
    const shape = [side + (i % 7), side + (i % 5), 3]
    mkdirSync(join(folder, 'ab'[i % 2]!), { recursive: true })
    const data = noise.subarray(i, i + (side + (i % 7)) * (side + (i % 5)) * 3)
    writeFileSync(join(folder, 'ab'[i % 2]!, `${i}.png`), encodePng({ shape, data }))
  }
  return folder
}
let folder = ''
let large = ''
beforeAll(() => {
  folder = pictures()
  large = pictures(260)
})

test('a folder is enough, and the plan stays as it is when it is resolved', async () => {
  const { plan, data } = await resolve({ data: folder, network: 'tiny' })
  expect(data.train.size).toEqual([32, 32])
  expect(data.train.classNames).toEqual(['a', 'b'])
  expect(plan.stages.map(({ resolution }) => resolution)).toEqual([8, 32])
  for (const again of [plan, plainPlan(plan)]) expect((await resolve(again)).plan).toEqual(plan)
})

test('what is said is taken; the rest follows', async () => {
  const config: CascadeConfig = { data: folder, network: 'tiny', training: { steps: 7 }, seed: 3 }
  const { plan } = await resolve(
    withOverrides(config, [
      ['stages.1.training.steps', '9'],
      ['stages.1.name', 'large'],
    ]),
  )
  expect(plan.stages.map(({ name, resolution, training }) => [name, resolution, training.steps])).toEqual([
    ['base', 8, 7],
    ['large', 32, 9],
  ])
  expect(plan.seed).toBe(3)
})

test('custom images and the plans of tests are taken', async () => {
  const { plan, data } = await resolve(tinyPlan)
  expect(data).toEqual(tinyPlan.data)
  expect(plan.stages).toEqual(tinyPlan.stages)
})

test('the presets of the quickstart are its plans', async () => {
  for (const [preset, dataset, fast] of [
    ['mnist', 'mnist', false],
    ['mnist-fast', 'mnist', true],
  ] as const)
    expect(plainPlan((await resolve({ preset })).plan)).toEqual(plainPlan(quickstartPlan({ dataset, fast })))
})

test('a preset is changed in part: records are merged, lists replaced, settings of all stages come first', async () => {
  const { plan } = await resolve({
    preset: 'mnist-fast',
    seed: 5,
    training: { batchSize: 4 },
    sampling: { batchSize: 3 },
    stages: [{}, { training: { averages: { slow: {} } }, levels: [7], augmentation: { name: 'none' } }],
  })
  const fast = quickstartPlan({ dataset: 'mnist', fast: true })
  const [base, upper] = fast.stages as [(typeof fast.stages)[0], PlannedSuperResolution]
  expect(plainPlan(plan)).toEqual(
    plainPlan({
      ...fast,
      seed: 5,
      sampling: { batchSize: 3 },
      stages: [
        { ...base, training: { ...base.training, batchSize: 4 } },
        {
          ...upper,
          training: { ...upper.training, batchSize: 4, averages: { ...upper.training.averages, slow: {} } },
          augmentation: { name: 'none' },
          levels: [7],
        },
      ],
    }),
  )
})

test('other data take the place of those of a preset, with its name', async () => {
  const { plan } = await resolve({
    preset: 'mnist-fast',
    data: folder,
    training: { batchSize: 16 },
    evaluation: { training: { batchSize: 16 } },
  })
  expect(plan.data).toMatchObject({ name: 'images', train: folder })
  expect([plan.name, plan.report.title].join()).not.toContain('mnist')
  expect(plan.stages[0].network).toEqual(quickstartPlan({ dataset: 'mnist' }).stages[0].network)
})

test.each(['imagenet-128', 'imagenet-256', 'imagenet-16-64', 'lsun'] as const)(
  '%s on one’s pictures',
  async (preset) => {
    const { plan } = await resolve({ preset, data: large, training: { batchSize: 2 } })
    const pipeline = pipelineNamed(preset)
    expect(plan.stages.map(({ name, network }) => [name, network])).toEqual(
      pipeline.map(({ name, stage }) => [name, stage.network]),
    )
    for (const [i, { training, numClasses }] of pipeline.entries()) {
      const stage = plan.stages[i] as PlannedSuperResolution
      expect(stage.training).toEqual({ ...training, batchSize: 2 })
      expect(stage.sampling).toMatchObject(JSON.parse(JSON.stringify(presetSampling(pipeline[i]!))))
      expect(stage.conditional).toBe(numClasses === null ? false : undefined)
    }
    expect((await resolve(plan)).plan).toEqual(plan)
  },
)

test('what cannot be is refused', async () => {
  await expect(resolve({})).rejects.toThrow("expected data, such as { data: 'photos' }, or a preset that has data")
  await expect(resolve({ preset: 'lsun' })).rejects.toThrow('got neither')
  await expect(resolve({ data: 'mnist' })).rejects.toThrow("the data set is { name: 'mnist' }")
  await expect(resolve({ data: folder, stages: [{ resolution: 8 }, {}] })).rejects.toThrow(
    'expected stages[1].resolution, as other stages have one, got undefined',
  )
  await expect(resolve({ data: folder, network: 'tiny', stages: [{}, {}, { name: 'x' }] })).rejects.toThrow(
    'expected stages[2].resolution, since the images give 2 stages, got undefined',
  )
  await expect(resolve({ data: folder, sed: 1 } as CascadeConfig)).rejects.toThrow(
    "configuration: unknown option 'sed'. Did you mean 'seed'?",
  )
  await expect(resolve({ data: join(folder, 'none') })).rejects.toThrow('none')
  await expect(resolve({ data: folder, stages: [32, 16] })).rejects.toThrow('larger than')
  await expect(resolveConfig({ data: folder }, { cacheDir, signal: AbortSignal.abort() })).rejects.toThrow(
    expect.objectContaining({ code: 'interrupted' }),
  )
  await expect(resolveConfig({ data: folder }, { cachDir: '' } as never)).rejects.toThrow("Did you mean 'cacheDir'?")
})
