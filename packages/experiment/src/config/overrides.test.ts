import { isCascadeError } from '@cascade-diffusion/checks'
import { expect, test } from 'vitest'
import type { CascadeConfig } from './cascade-config.ts'
import { parseCascadeConfig } from './config-schema.ts'
import { withOverrides } from './overrides.ts'

const photos: CascadeConfig = { data: 'photos', stages: [16, { resolution: 64, training: { batchSize: 8 } }] }

test.each<[CascadeConfig, Record<string, string>, CascadeConfig]>([
  [{}, { data: 'photos', seed: '3', network: 'tiny' }, { data: 'photos', seed: 3, network: 'tiny' }],
  [{}, { data: '2024', name: '17' }, { data: '2024', name: '17' }],
  [{}, { stages: '16,64' }, { stages: [16, 64] }],
  [{}, { stages: '32' }, { stages: [32] }],
  [{}, { stages: '[16, [32, 64]]' }, { stages: [16, [32, 64]] }],
  [
    photos,
    { 'stages.0.training.steps': '1000', 'stages[1].training.steps': '2e3' },
    {
      data: 'photos',
      stages: [
        { resolution: 16, training: { steps: 1000 } },
        { resolution: 64, training: { batchSize: 8, steps: 2000 } },
      ],
    },
  ],
  [{ stages: [[16, 32]] }, { 'stages.0.name': 'wide' }, { stages: [{ resolution: [16, 32], name: 'wide' }] }],
  [
    { preset: 'mnist' },
    { 'stages.1.training.steps': '5' },
    { preset: 'mnist', stages: [{}, { training: { steps: 5 } }] },
  ],
  [
    { training: { learningRate: 0.001 } },
    { 'training.learningRate.warmup': '10' },
    { training: { learningRate: { name: 'constant', rate: 0.001, warmup: 10 } } },
  ],
  [
    {},
    { 'training.learningRate': '{"name":"cosine","rate":1e-3}' },
    { training: { learningRate: { name: 'cosine', rate: 1e-3 } } },
  ],
  [{}, { 'training.averages.ema.decay': '0.99' }, { training: { averages: { ema: { decay: 0.99 } } } }],
  [{}, { 'training.randomFlips': 'true' }, { training: { randomFlips: true } }],
  [{}, { 'sampling.sampler': 'ddim' }, { sampling: { sampler: { name: 'ddim' } } }],
  [
    { sampling: { sampler: { name: 'ddim', eta: 1 } } },
    { 'sampling.sampler.eta': '0.5' },
    { sampling: { sampler: { name: 'ddim', eta: 0.5 } } },
  ],
  [
    { sampling: { sampler: { name: 'ddim', eta: 1 } } },
    { 'sampling.sampler.name': 'ancestral' },
    { sampling: { sampler: { name: 'ancestral' } } },
  ],
  [
    { data: 'photos' },
    { 'data.perClass': '8', 'data.size': '16', 'data.styles': 'rings,shapes', 'data.name': 'dicebear' },
    { data: { name: 'dicebear', styles: ['rings', 'shapes'], perClass: 8, size: 16 } },
  ],
  [
    { data: 'photos' },
    { 'data.test.validation': '0.2' },
    { data: { name: 'images', train: 'photos', test: { validation: 0.2 } } },
  ],
  [
    { stages: [8, { resolution: 16, augmentation: { name: 'gaussian-blur' } }] },
    { 'stages.1.augmentation.sigma': '0.4,0.6', 'stages.1.levels': '0,0.5' },
    {
      stages: [8, { resolution: 16, augmentation: { name: 'gaussian-blur', sigma: [0.4, 0.6] }, levels: [0, 0.5] }],
    },
  ],
  [{ seed: 3 }, {}, { seed: 3 }],
])('%j with %j', (config, overrides, expected) => {
  const before = JSON.stringify(config)
  const changed = withOverrides(config, Object.entries(overrides))
  expect(changed).toEqual(expected)
  expect(parseCascadeConfig('x', changed)).toEqual(expected)
  expect(JSON.stringify(config)).toBe(before)
})

test('the later of two wins', () => {
  expect(
    withOverrides({}, [
      ['seed', '1'],
      ['seed', '2'],
    ]),
  ).toEqual({ seed: 2 })
})

test('a name deep in augmentations that contain others', () => {
  const augmentation = {
    name: 'compose',
    augmentations: [{ name: 'gaussian-blur' }, { name: 'jpeg', quality: [5, 9] }],
  }
  const config = { stages: [8, { resolution: 16, augmentation }] } as CascadeConfig
  expect(withOverrides(config, [['stages.1.augmentation.augmentations.1.quality', '[10, 20]']])).toMatchObject({
    stages: [8, { augmentation: { augmentations: [{ name: 'gaussian-blur' }, { name: 'jpeg', quality: [10, 20] }] } }],
  })
})

test.each([
  ['sed', '1', "--sed: unknown option 'sed'. Did you mean 'seed'?"],
  ['stages.0.training.stpes', '1', "--stages.0.training.stpes: unknown option 'stpes'. Did you mean 'steps'?"],
  ['stages.0.trainig.steps', '1', "unknown option 'trainig'. Did you mean 'training'?"],
  ['stages.base.steps', '1', "--stages.base.steps: expected the index of an entry, got 'base'"],
  ['stages.0.augmentation.gama', '1', "unknown option 'gama'. "],
  ['stages.0.network.baseChanels', '32', "Did you mean 'baseChannels'?"],
  ['seed.x', '1', "--seed.x: unknown option 'x'. There is none"],
  ['report.xyz', '1', "unknown option 'xyz'. There are title, about, note"],
  ['stages.0.training.steps', 'ten', "--stages.0.training.steps: expected an integer from 1, got 'ten'"],
  ['stages.0.training.steps', '0', '--stages.0.training.steps: expected an integer from 1, got 0'],
  [
    'network',
    'tinny',
    "--network: expected one of 'tiny', 'small', 'base', 'paper'; got 'tinny'. Did you mean 'tiny'?",
  ],
  ['sampling.sampler', 'ddmi', "expected a sampler, such as { name: 'ddim' }, got 'ddmi'"],
  ['stages.99.training.steps', '1', 'expected an index from 0 to 31, got 99'],
  ['stages.0.levels.3', '1', 'expected an index from 0 to 0, got 3'],
  ['stages..training', '1', '--stages..training: expected a path of names with dots'],
  ['__proto__.x', '1', "unknown option '__proto__'"],
])('--%s %s is refused', (path, value, message) => {
  expect(() => withOverrides({ data: 'x' }, [[path, value]])).toThrow(message)
  expect(() => withOverrides({ data: 'x' }, [[path, value]])).toThrow(
    expect.toSatisfy((e) => isCascadeError(e, 'input')),
  )
})
