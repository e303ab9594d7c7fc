import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { int32 } from '@cascade-diffusion/arrays'
import { ancestral, clipX0, ddim, dynamicThreshold } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { encoder } from '@cascade-diffusion/unet'
import { expect, expectTypeOf, test } from 'vitest'
import { type ImagesRequest, imagesStage } from '../kinds/images-stage.ts'
import { resampleStage } from '../kinds/resample-stage.ts'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import { halves, smear, tinyBase, tinyNetwork, tinySuperResolution, weighted } from '../test-support.ts'
import { type Cascade, type DiffusionCascadeStage, isDiffusionStage } from './cascade.ts'
import { readCascade } from './read-cascade.ts'
import { saveCascade } from './save-cascade.ts'
import type { StageSampling } from './stage-sampling.ts'

const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
const sampling: StageSampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 10, 3] }

/** U-Nets, which need nothing handed in. */
const cascade: Cascade<DiffusionCascadeStage> = {
  stages: [
    { ...weighted(tinyBase(size), 1), sampling },
    {
      ...weighted(tinySuperResolution({ network: size }), 2),
      level: 3,
      sampling: { sampler: { name: 'ancestral' }, steps: 4, processX0: { name: 'dynamic-threshold' } },
    },
  ],
}

interface Manifest {
  readonly format: string
  readonly stages: readonly [object, object]
}

const folder = () => join(temporaryFolder(), 'cascade')

async function samples(cascade: Cascade, levels?: readonly number[]) {
  const sampler = cascadeSampler(cascade, { compile: jit })
  const images = await sampler.sample({ count: 3, labels: int32([0, 1, 1]), rng: rng(9), levels })
  await sampler.dispose()
  return images
}

test('a loaded cascade gives the samples of the one that was saved, bit for bit', async () => {
  const path = folder()
  await saveCascade(path, cascade)
  expect(readdirSync(path).sort()).toEqual(['base.safetensors', 'cascade.json', 'sr.safetensors'])
  const loaded = await readCascade(path)
  expect(loaded.stages.map(({ sampling, level, params }) => ({ sampling, level, params }))).toEqual(
    cascade.stages.map(({ sampling, level, params }) => ({ sampling, level, params })),
  )
  expect(loaded.stages.filter(isDiffusionStage).map(({ stage }) => stage.description)).toEqual(
    cascade.stages.map(({ stage }) => stage.description),
  )
  const images = await samples(loaded)
  expect(images).toEqual(await samples(cascade))
  const [base, sr] = cascade.stages as readonly [DiffusionCascadeStage, DiffusionCascadeStage]
  const other = await samples({ stages: [base, { ...sr, ...weighted(sr.stage, 3) }] })
  expect([images[0], images[1]]).not.toEqual(other)
})

test('a cascade is sampled as its stages are with the same options, at the levels that were chosen', async () => {
  const choices: readonly SamplingChoices[] = [
    { sampler: ddim({ eta: 1 }), steps: [18, 10, 3] },
    { sampler: ancestral(), steps: 4, processX0: dynamicThreshold() },
  ]
  const stages = cascade.stages.map(({ stage, params }, i) => ({ stage, params, sampling: choices[i]! }))
  const sampler = cascadeSampler({ stages }, { compile: jit })
  const by = (levels?: readonly number[]) => sampler.sample({ count: 3, labels: int32([0, 1, 1]), rng: rng(9), levels })
  expect(await samples(cascade)).toEqual(await by([3]))
  expect(await samples(cascade, [5])).toEqual(await by([5]))
  expect(await by([3])).not.toEqual(await by())
  await sampler.dispose()
})

test('guidance comes along: a classifier in a file of its own', async () => {
  const classifier = encoder({
    resolution: 2,
    imageChannels: 1,
    classes: 2,
    baseChannels: 4,
    channelMultipliers: [1],
    residualBlocks: 1,
    normGroups: 2,
    middleAttention: false,
  })
  const guide = { classifier, params: classifier.init(rng(3)) }
  const guided: Cascade<DiffusionCascadeStage> = {
    stages: [
      {
        ...weighted(tinyBase(size), 1),
        sampling: { ...sampling, guidance: { name: 'classifier', classifier: guide, scale: 2 } },
      },
      {
        ...weighted(tinySuperResolution({ network: size, labelDropout: 0.1 }), 2),
        sampling: { ...sampling, guidance: { name: 'classifier-free', scale: 1.5 } },
      },
    ],
  }
  const path = folder()
  await saveCascade(path, guided)
  expect(readdirSync(path)).toContain('base.classifier.safetensors')
  const [small, large] = await samples(await readCascade(path))
  expect([small, large]).toEqual(await samples(guided))
  const [unguided] = await samples({ stages: [{ ...guided.stages[0]!, sampling }, guided.stages[1]!] })
  expect(small).not.toEqual(unguided)
})

test('custom networks and augmentations are handed in again', async () => {
  const custom: Cascade = {
    stages: [
      { ...weighted(tinyBase(), 1), sampling },
      { ...weighted(tinySuperResolution({ network: size, augmentation: smear }), 2), level: 1, sampling },
    ],
  }
  const path = folder()
  await saveCascade(path, custom)
  const own = { base: { network: tinyNetwork() }, sr: { augmentation: smear } }
  expect(await samples(await readCascade(path, { custom: own }))).toEqual(await samples(custom))
  await expect(readCascade(path)).rejects.toThrow("hand it in as 'network'")
  await expect(readCascade(path, { custom: { base: own.base } })).rejects.toThrow("hand it in as 'augmentation'")
  await expect(readCascade(path, { custom: { ...own, sr2: {} } })).rejects.toThrow(
    "readCascade: expected custom code for base, sr, got some for 'sr2'",
  )
})

test('resamplers, truncated stages and the images of other programs', async () => {
  const images = ({ count, firstIndex, rng: key }: ImagesRequest) => key.uniform([count, 2, 2, 1], 4 * firstIndex)
  const drawn = imagesStage({ name: 'drawn', resolution: 2, imageChannels: 1, images })
  const [base, sr] = cascade.stages as readonly [DiffusionCascadeStage, DiffusionCascadeStage]
  const last = resampleStage({ name: 'last', resolution: [8, 6], imageChannels: 1, method: 'bicubic' })
  const path = folder()
  const truncated: Cascade = { stages: [base, { ...sr, truncated: true }, { stage: last }] }
  await saveCascade(path, truncated)
  expect(readdirSync(path).sort()).toEqual(['base.safetensors', 'cascade.json', 'sr.safetensors'])
  const loaded = await readCascade(path)
  expect(loaded.stages.map(({ truncated }) => truncated)).toEqual([undefined, true, undefined])
  expect(loaded.stages[2]).toEqual({ stage: last })
  expect(await samples(loaded)).toEqual(await samples(truncated))
  expect(await samples(truncated)).not.toEqual(await samples({ stages: [base, sr, { stage: last }] }))

  const others: Cascade = { stages: [{ stage: drawn }, sr] }
  await saveCascade(path, others)
  expect(readdirSync(path).sort()).toEqual(['cascade.json', 'sr.safetensors'])
  expect(await samples(await readCascade(path, { custom: { drawn: { images } } }))).toEqual(await samples(others))
  await expect(readCascade(path)).rejects.toThrow(
    "readCascade: the images of stage 'drawn' are made by a function: hand them in, { custom: { drawn: { images } } }",
  )
  await expect(readCascade(path, { custom: { drawn: { images: halves(3, 4) } } })).rejects.toThrow(
    "of stage 'drawn' like those that it was saved with, 2×2×1 of no classes, got 4×4×1 of the classes left, right",
  )
  await expect(readCascade(path, { custom: { drawn: { network: tinyNetwork() } } })).rejects.toThrow(
    "readCascade: custom code of 'drawn': unknown option 'network'",
  )
  await expect(readCascade(path, { custom: { drawn: { images }, sr: { images } } })).rejects.toThrow(
    "readCascade: custom code of 'sr': unknown option 'images'",
  )
  await saveCascade(path, { stages: [{ stage: imagesStage({ name: 'photos', images: halves(3, 2) }) }, sr] })
  await expect(readCascade(path)).rejects.toThrow("the images of stage 'photos' are those of 'halves'")
})

test('saving again replaces the cascade and what belonged to it, and nothing else', async () => {
  const path = folder()
  await saveCascade(path, cascade)
  await saveCascade(path, { stages: [cascade.stages[0] as DiffusionCascadeStage] })
  expect(readdirSync(path).sort()).toEqual(['base.safetensors', 'cascade.json'])
  writeFileSync(join(path, 'notes.txt'), 'mine')
  await expect(saveCascade(path, cascade)).rejects.toMatchObject({
    code: 'input',
    message: `saveCascade: expected an empty folder or a saved cascade, got ${path} with 'notes.txt' in it`,
  })
  expect(readdirSync(path).sort()).toEqual(['base.safetensors', 'cascade.json', 'notes.txt'])
  const other = folder()
  mkdirSync(other)
  writeFileSync(join(other, 'base.safetensors'), 'mine')
  await expect(saveCascade(other, cascade)).rejects.toThrow("with 'base.safetensors' in it")
})

test('a failure leaves the cascade that was there', async () => {
  const path = folder()
  await saveCascade(path, cascade)
  const before = await samples(await readCascade(path))
  const [base, sr] = cascade.stages as readonly [DiffusionCascadeStage, DiffusionCascadeStage]
  const broken = { ...sr, params: { ...sr.params, __proto__: undefined, bad: { dtype: 'x', shape: [1] } } }
  await expect(saveCascade(path, { stages: [base, broken as never] })).rejects.toThrow()
  expect(await samples(await readCascade(path))).toEqual(before)
  expect(existsSync(`${path}.partial`)).toBe(false)
})

test('files that are missing, damaged or others are named', async () => {
  const path = folder()
  await expect(readCascade(path)).rejects.toMatchObject({
    code: 'checkpoint',
    message: expect.stringContaining(`readCascade: expected a cascade in ${path}`),
  })
  await saveCascade(path, cascade)
  renameSync(path, `${path}.previous`)
  await expect(readCascade(path)).rejects.toThrow(`the one before it is ${path}.previous`)
  renameSync(`${path}.previous`, path)
  const manifest = join(path, 'cascade.json')
  const text = readFileSync(manifest, 'utf8')
  const wrong = async (change: (manifest: Manifest) => unknown, message: string) => {
    writeFileSync(manifest, JSON.stringify(change(JSON.parse(text))))
    await expect(readCascade(path)).rejects.toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    })
  }
  await wrong(
    () => ({ format: 'cascade-diffusion onnx 1', networks: [] }),
    "cascade.json: expected the format 'cascade-diffusion cascade 1', got 'cascade-diffusion onnx 1'",
  )
  await wrong(
    ({ stages: [base], ...m }) => ({
      ...m,
      stages: [base, { kind: 'resample', name: 'r', resolution: 4, method: 'cubic' }],
    }),
    "expected stages[1].method, one of 'nearest', 'bilinear', 'bicubic', 'area'; got 'cubic'",
  )
  await wrong(() => null, 'cascade.json: expected an object with format, stages, got null')
  await wrong((m) => ({ ...m, stages: [{ ...m.stages[0], file: '../base.safetensors' }] }), 'stages[0].file')
  await wrong(
    ({ stages: [base, sr], ...m }) => ({
      ...m,
      stages: [
        { ...base, sampler: 1, sampling: { sampler: { name: 'dim' } } },
        { ...sr, level: -1 },
      ],
    }),
    '3 errors',
  )
  await wrong(
    (m) => ({ ...m, stages: m.stages.toReversed() }),
    "expected 'base' first, since it takes no images, got it after 'sr'",
  )
  await wrong(
    ({ stages: [base, sr], ...m }) => ({ ...m, stages: [base, { ...sr, level: 13 }] }),
    'from 0 to 12, got 13',
  )
  writeFileSync(manifest, '{')
  await expect(readCascade(path)).rejects.toThrow(`readCascade: expected JSON in ${manifest}`)
  writeFileSync(manifest, text)
  truncateSync(join(path, 'sr.safetensors'), 900)
  await expect(readCascade(path)).rejects.toThrow('sr.safetensors')
})

test('cascades that cannot be sampled or saved are refused', async () => {
  const [base, sr] = cascade.stages as readonly [DiffusionCascadeStage, DiffusionCascadeStage]
  const refused = async (stages: unknown, message: string) => {
    expect(() => cascadeSampler({ stages } as never, { compile: jit })).toThrow(message)
    await expect(saveCascade(folder(), { stages } as never)).rejects.toThrow(message)
  }
  await refused([], 'expected at least one stage, got none')
  await refused([sr, base], "expected 'base' first, since it takes no images, got it after 'sr'")
  await refused([{ ...base, level: 1 }], "expected no level of the base 'base', got 1")
  await refused([base, { ...sr, level: 13 }], 'from 0 to 12, got 13')
  await refused([{ ...base, sampling: undefined }], "sampling of stage 'base': expected an object with sampler")
  await refused([{ ...base, sampling: { ...sampling, step: 3 } }], "unknown option 'step'. Did you mean 'steps'?")
  await refused([{ ...base, sampling: { ...sampling, steps: 0 } }], 'expected steps, an integer from 1, got 0')
  await refused(
    [{ ...base, sampling: { ...sampling, steps: { count: 3, by: 'logsnr' } } }],
    "expected steps.by, one of 'step', 'log-snr', 'karras'; got 'logsnr'",
  )
  expect(() => cascadeSampler(cascade, { compile: jit, steps: 3 } as never)).toThrow("cascade: unknown option 'steps'")
  await expect(saveCascade('', cascade)).rejects.toThrow("saveCascade: expected the path of a folder, got ''")
})

test('a cascade whose sampling holds a value is sampled, but not saved', async () => {
  const [base, sr] = cascade.stages as readonly [DiffusionCascadeStage, DiffusionCascadeStage]
  const configs = { sampler: { name: 'ddim' }, processX0: { name: 'clip' } } as const
  const values: Partial<SamplingChoices>[] = [
    { sampler: ddim() },
    { processX0: clipX0 },
    { schedule: base.stage.process.schedule },
  ]
  const path = folder()
  for (const value of values) {
    const given = { stages: [base, { ...sr, sampling: { ...configs, ...value } }] }
    const [option] = Object.keys(value)
    await expect(saveCascade(path, given)).rejects.toThrow(
      `saveCascade: sampling of stage 'sr': expected ${option}, a configuration by its name such as { name: '`,
    )
    if (option === 'schedule') continue
    expect(await samples(given)).toEqual(await samples({ stages: [base, { ...sr, sampling: configs }] }))
  }
  expect(existsSync(path)).toBe(false)
})

test('what is saved of a sampling is a JSON value but for a classifier; a cascade takes values, too', () => {
  expectTypeOf<{ sampler: ReturnType<typeof ddim> }>().not.toExtend<StageSampling>()
  expectTypeOf<{ sampler: ReturnType<typeof ddim> }>().toExtend<DiffusionCascadeStage['sampling']>()
})
