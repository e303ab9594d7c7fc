import { isCascadeError } from '@cascade-diffusion/checks'
import { imageDataset } from '@cascade-diffusion/data'
import { expect, test } from 'vitest'
import { tinyPlan } from '../tiny-plan.ts'
import { type CascadeConfig, defineCascade } from './cascade-config.ts'
import { parseCascadeConfig } from './config-schema.ts'
import { presetNames } from './preset-names.ts'

const parse = (raw: unknown) => parseCascadeConfig('cascade.config.ts', raw)
const stage = { resolution: 16 }

test.each([
  [{ data: 'photos' }],
  [{ $schema: './schema.json', data: { name: 'mnist' }, stages: [8, [16, 32], { resolution: 64, network: 'tiny' }] }],
  [{ data: { name: 'images', train: 'photos' } }],
  [{ data: { name: 'images', train: 'photos', test: { validation: 0.2 }, transforms: [{ name: 'random-flip' }] } }],
  [{ data: { name: 'tar-shards', path: 'train-{000..146}.tar', label: 'cls' } }],
  [{ preset: 'imagenet-256', data: 'ILSVRC', stages: [{ training: { steps: 10 } }] }],
  [{ training: { learningRate: 1e-3 }, sampling: { steps: 10, batchSize: 8 }, evaluation: { samples: 10 } }],
])('%j is a configuration', (raw) => expect(parse(raw)).toEqual(raw))

test('a plan is a configuration, custom data and all', () => {
  expect(parse(tinyPlan)).toEqual(
    JSON.parse(JSON.stringify(tinyPlan), (key, x) => (key === 'data' ? tinyPlan.data : x)),
  )
  expect((parse(tinyPlan).data as typeof tinyPlan.data).train).toBe(tinyPlan.data.train)
})

test.each([
  [{ dta: 'photos' }, "unknown option 'dta'. Did you mean 'data'?"],
  [{ stages: [{ ...stage, trainin: {} }] }, "unknown option 'stages[0].trainin'. Did you mean 'training'?"],
  [
    { stages: [8, { ...stage, training: { batchsize: 3 } }] },
    "'stages[1].training.batchsize'. Did you mean 'batchSize'?",
  ],
  [{ training: { averages: { ema: { dekay: 1 } } } }, "'training.averages.ema.dekay'. Did you mean 'decay'?"],
  [{ stages: [{ ...stage, network: 'tinny' }] }, "expected stages[0].network, one of 'tiny', 'small', 'base', 'paper'"],
  [
    { stages: [{ ...stage, network: { baseChanels: 3 } }] },
    "'stages[0].network.baseChanels'. Did you mean 'baseChannels'?",
  ],
  [{ stages: [{ ...stage, augmentation: { name: 'gausian-noise' } }] }, "Did you mean 'gaussian-noise'?"],
  [
    { stages: [{ ...stage, augmentation: { name: 'gaussian-blur', sgma: 1 } }] },
    "augmentation.sgma'. Did you mean 'sigma'?",
  ],
  [{ stages: [{ ...stage, process: { schedule: { name: 'cosin', steps: 3 } } }] }, "Did you mean 'cosine'?"],
  [{ stages: [{ ...stage, sampling: { sampler: { name: 'ddmi' } } }] }, "Did you mean 'ddim'?"],
  [{ stages: 16 }, 'expected stages, a list of at least 1 entry, got 16'],
  [{ stages: [] }, 'expected stages, a list of at least 1 entry'],
  [{ stages: ['16'] }, "expected stages[0], an integer from 1 or [height, width], got '16'"],
  [{ data: 3 }, "expected data, a path or a data set, such as { name: 'image-folder' }, got 3"],
  [{ data: { name: 'mnits' } }, "Did you mean 'mnist'?"],
  [{ data: { name: 'image-foldr', path: 'x' } }, "Did you mean 'image-folder'?"],
  [{ data: { name: 'image-folder', pth: 'x' } }, "unknown option 'data.pth'. Did you mean 'path'?"],
  [{ data: { train: 'x', test: 'y' } }, 'expected data.train, a source of'],
  [{ seed: -1 }, 'expected seed, an integer from 0, got -1'],
  [{ seed: '3' }, "expected seed, an integer from 0, got '3'"],
  [{ preset: 'imagenet-265' }, "expected preset, one of 'mnist', 'mnist-fast'"],
  [{ preset: 'imagenet-265' }, "Did you mean 'imagenet-256'?"],
  [{ network: 'large' }, "expected network, one of 'tiny'"],
  [{ evaluation: { feature: 'classes' } }, "'evaluation.feature'. Did you mean 'features'?"],
  [{ report: { titel: 'x' } }, "'report.titel'. Did you mean 'title'?"],
  [{ name: 'a b' }, "expected name, letters, digits, - and _, since it names files, got 'a b'"],
  [{ sampling: { batchSize: 0 } }, 'expected sampling.batchSize, an integer from 1, got 0'],
  ['photos', 'expected an object with $schema, preset, data, stages, …'],
  [null, 'expected an object'],
])('%j is refused', (raw, message) => {
  expect(() => parse(raw)).toThrow(message)
  expect(() => parse(raw)).toThrow(/^cascade\.config\.ts: /)
  expect(() => parse(raw)).toThrow(expect.toSatisfy((error) => isCascadeError(error, 'input')))
})

test('all errors come together, those of a preset with the preset', () => {
  expect(() => parse({ data: 'x', sed: 1, stages: [{ resolution: 0 }], training: { steps: 'ten' } })).toThrow(
    [
      'cascade.config.ts: 3 errors:',
      '- expected stages[0].resolution, an integer from 1 or [height, width], got 0',
      "- expected training.steps, an integer from 1, got 'ten'",
      "- unknown option 'sed'. Did you mean 'seed'?",
    ].join('\n'),
  )
  expect(() => parse({ preset: 'mnist', stages: [{ network: { baseChannels: 31 } }, { trainin: {} }] })).toThrow(
    [
      'cascade.config.ts: 2 errors:',
      '- expected stages[0].network.baseChannels, an even integer from 2, got 31',
      "- unknown option 'stages[1].trainin'. Did you mean 'training'?",
    ].join('\n'),
  )
  for (const odd of ['stages', 'sampling', 'training', 'data'])
    expect(() => parse({ preset: 'mnist', [odd]: 3 })).toThrow(odd)
})

test('all presets are configurations', () => {
  for (const preset of presetNames) expect(parse({ preset })).toEqual({ preset })
})

test('types refuse misspelt names at every depth', () => {
  const images = imageDataset({ name: 'x', images: { shape: [1, 8, 8, 1], data: new Uint8Array(64) } })
  const configs: CascadeConfig[] = [
    // @ts-expect-error
    defineCascade({ dta: 'photos' }),
    // @ts-expect-error
    defineCascade({ data: 'photos', stages: [{ resolution: 16, trainin: {} }] }),
    // @ts-expect-error
    defineCascade({ data: 'photos', stages: [8, { resolution: 16, training: { batchsize: 3 } }] }),
    // @ts-expect-error
    defineCascade({ data: 'photos', stages: [{ resolution: 16, augmentation: { name: 'gaussian-nose' } }] }),
    // @ts-expect-error
    defineCascade({ data: 'photos', stages: [{ resolution: 16, process: { schedule: { name: 'cosine', step: 3 } } }] }),
    // @ts-expect-error
    defineCascade({ data: 'photos', stages: [{ resolution: 16, sampling: { sampler: { name: 'ddim', etta: 1 } } }] }),
    // @ts-expect-error
    defineCascade({ data: { name: 'mnits' } }),
    // @ts-expect-error
    defineCascade({ data: { name: 'image-folder', pth: 'x' } }),
    // @ts-expect-error
    defineCascade({ preset: 'imagenet-265' }),
    // @ts-expect-error
    defineCascade({ data: 'photos', network: 'large' }),
    // @ts-expect-error
    defineCascade({ data: 'photos', evaluation: { training: { step: 3 } } }),
    // @ts-expect-error
    defineCascade({ data: images }),
    defineCascade({ data: { name: 'images', train: 'x' }, stages: [{ resolution: [16, 32], network: 'tiny' }, 64] }),
    defineCascade({ preset: 'imagenet-256', stages: [{ training: { steps: 3 } }] }),
  ]
  expect(configs).toHaveLength(14)
})
