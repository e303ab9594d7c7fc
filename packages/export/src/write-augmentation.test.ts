import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import { superResolutionStage } from '@cascade-diffusion/cascade'
import {
  type AugmentationConfig,
  augmentations,
  type ConditioningAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { drawn } from './test-support.ts'
import { writeOnnx } from './write-onnx.ts'

const process = { schedule: { name: 'cosine', steps: 50 } } as const
const noise = { name: 'gaussian-noise', ...process } as const
const inTime = { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' }, maxLevel: 0.75 } as const
const whole = { minLevel: 0, continuous: false } as const
const fractions = { minLevel: 0, continuous: true } as const

const exported: readonly (readonly [AugmentationConfig, object | null, string[]])[] = [
  [{ name: 'none' }, null, []],
  [noise, { ...whole, maxLevel: 50 }, ['augmentationLevel', 'noise']],
  [inTime, { ...fractions, maxLevel: 0.75 }, ['alpha', 'augmentationLevel', 'noise', 'sigma']],
  [
    { name: 'noise-log-snr', logSnr: [-3, 9], variancePreserving: false },
    { ...fractions, maxLevel: 1 },
    ['alpha', 'augmentationLevel', 'noise', 'sigma'],
  ],
  [{ name: 'gaussian-blur' }, { ...fractions, maxLevel: 0.6 }, ['weights']],
  [{ name: 'jpeg', quality: [30, 90] }, { ...whole, maxLevel: 70 }, ['quality']],
  [{ name: 'down-up', factor: [1, 2] }, { ...fractions, maxLevel: 1 }, ['horizontal', 'vertical']],
  [
    { name: 'fixed', level: 9, augmentation: noise },
    { minLevel: 9, maxLevel: 9, continuous: false },
    ['fixed.level', 'fixed.noise'],
  ],
  [
    { name: 'with-probability', probability: 0.5, augmentation: inTime },
    { ...fractions, maxLevel: 0.75 },
    ['augmentationLevel', 'chosen', 'part.alpha', 'part.noise', 'part.sigma'],
  ],
  [
    { name: 'compose', augmentations: [{ name: 'gaussian-blur' }, noise] },
    { ...whole, maxLevel: 50 },
    ['0.weights', '1.noise', 'augmentationLevel'],
  ],
]

const stageOf = (augmentation: AugmentationConfig) =>
  superResolutionStage({
    name: 'large',
    resolution: 8,
    lowResolution: 4,
    imageChannels: 3,
    process,
    network: { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 },
    augmentation,
  })

const tensor = ({ dtype, data, shape }: NDArray) => new ort.Tensor(dtype as 'float32', data as Float32Array, shape)

test('every augmentation of the table is here', () => {
  expect(new Set(exported.map(([{ name }]) => name))).toEqual(new Set(augmentations.names))
})

test.each(exported)('%j runs from its file', async (config, levels, names) => {
  const stage = stageOf(config)
  const { augmentation, network } = stage
  const folder = temporaryFolder()
  const trained = drawn(stage)
  const [manifest] = (await writeOnnx(trained, folder)).stages
  if (levels === null) return expect(manifest!.augmentation).toBe(null)
  expect(manifest!.augmentation).toMatchObject({ name: config.name, config, ...levels })
  const { inputs, file } = manifest!.augmentation!
  expect(Object.keys(inputs).toSorted()).toEqual([...names, 'lowRes'].toSorted())

  const lowRes = rng(1).uniform([3, 4, 4, 3])
  const { level, ...others } = augmentation.draw({ shape: lowRes.shape, rng: rng(2), level: augmentation.maxLevel })
  const given = Object.entries({ lowRes, augmentationLevel: level, ...others }).filter(([, array]) => array)
  const run = async (file: string, feeds: Record<string, NDArray | undefined>) => {
    const session = await ort.InferenceSession.create(join(folder, file))
    const known = Object.entries(feeds).flatMap(([name, array]) => (array ? [[name, tensor(array)]] : []))
    expect([...session.inputNames].toSorted()).toEqual(known.map(([name]) => name).toSorted())
    const { output } = await session.run(Object.fromEntries(known))
    await session.release()
    return output!.data as Float32Array
  }
  for (const [name, { dtype, shape }] of Object.entries(inputs)) {
    const array = Object.fromEntries(given)[name] as NDArray
    expect([array.dtype, array.shape.slice(1)]).toEqual([dtype, shape.slice(1)])
  }
  const apply = eager((z: Tensor4D, drawn: Record<string, Tensor>) =>
    (augmentation as ConditioningAugmentation).apply(z, drawn),
  )
  const expected = await apply(lowRes, { level, ...others } as never)
  const augmented = await run(file, Object.fromEntries(given) as Record<string, NDArray>)
  expect(greatestDifference(augmented, expected.data)).toBeLessThan(1e-5)
  expect(greatestDifference(augmented, lowRes.data)).toBeGreaterThan(1e-3)

  // The network takes the level in the same type.
  const xt = rng(3).normal([3, 8, 8, 3])
  const t = rng(4).uniform([3])
  const output = await eager(network.apply)(trained.params as never, xt, t, {
    lowRes: expected as NDArray<'float32'>,
    augmentationLevel: level,
  })
  const condition = { lowRes: expected, augmentationLevel: level }
  expect(manifest!.inputs.augmentationLevel?.dtype).toBe(level?.dtype)
  const made = await run(manifest!.network, { xt, noise: t, ...condition })
  expect(greatestDifference(made, output.data)).toBeLessThan(1e-3)
})
