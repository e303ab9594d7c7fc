import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import { replaceFilterGradient } from '../filter-gradient.ts'
import { compilers, expectReference, expectSame, type NameMap, readReference } from '../reference.ts'
import { fromDiffusers, toDiffusers } from './diffusers.ts'
import { fromDiffusersConfig } from './from-diffusers-config.ts'

replaceFilterGradient()

const cases = ['diffusers-ddpm', 'diffusers-adm']
const references = Object.fromEntries(
  await Promise.all(cases.map(async (name) => [name, await readReference(name)] as const)),
)

describe.each(compilers)('%s agrees with PyTorch, gradients included:', (_, compile) => {
  test.each(cases)('%s', (name) => {
    const { config, options } = fromDiffusersConfig(references[name]!.about.config)
    const names: NameMap = {
      from: (stateDict) => fromDiffusers(stateDict, config, options),
      to: (params) => toDiffusers(params, config, options),
    }
    return expectReference(references[name]!, config, names, compile)
  })
})

test('writes what it reads', () => {
  for (const { stateDict, about } of Object.values(references)) {
    const { config, options } = fromDiffusersConfig(about.config)
    expectSame(toDiffusers(fromDiffusers(stateDict, config, options), config, options), stateDict)
  }
})

test('reads attention by its old names', () => {
  const { stateDict, about } = references['diffusers-ddpm']!
  const { config, options } = fromDiffusersConfig(about.config)
  const old = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' }
  const renamed = Object.fromEntries(
    Object.entries(stateDict).map(([name, value]) => [
      Object.entries(old).reduce((n, [is, was]) => n.replace(`.${is}.`, `.${was}.`), name),
      value,
    ]),
  )
  expect(Object.keys(renamed)).toContain('mid_block.attentions.0.query.weight')
  expectSame(fromDiffusers(renamed, config, options), fromDiffusers(stateDict, config, options))
})

test('refuses what no UNet2DModel has', () => {
  const { config } = fromDiffusersConfig(references['diffusers-ddpm']!.about.config)
  expect(() => toDiffusers({}, { ...config, residualScale: 0.5, patchSize: 2 })).toThrow(
    "toDiffusers: networks of diffusers' UNet2DModel have patchSize 1, got 2; residualScale 1, got 0.5",
  )
  expect(() => fromDiffusers({}, { ...config, channelMultipliers: [2, 1, 1] })).toThrow(
    'expected a first multiplier of 1, got 2',
  )
  expect(() =>
    fromDiffusers({ 'conv_in.weight': references['diffusers-ddpm']!.stateDict['conv_in.weight']! }, config),
  ).toThrow(/fromDiffusers: the weights are of another network: missing .* and \d+ more; unexpected none/)
})
