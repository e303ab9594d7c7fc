import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { cpuExact, jit, onnxRuntimeNode, portable } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import type * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { replaceFilterGradient } from '../filter-gradient.ts'
import { fromGuidedClassifier, toGuidedClassifier } from '../names/guided-classifier.ts'
import { guidedClassifierConfig } from '../names/openai-flags/classifier.ts'
import { parameterCount } from '../unet.ts'
import type { EncoderConfig } from './config.ts'
import { encoder, encoderParameterCount } from './encoder.ts'
import { expectReference, referenceState } from './reference.ts'

replaceFilterGradient()

const common = { resolution: 8, imageChannels: 3, classes: 10, residualBlocks: 1, normGroups: 32 } as const
const configs = {
  attention: {
    ...common,
    baseChannels: 64,
    channelMultipliers: [1, 2],
    attentionResolutions: [4],
    pool: 'attention',
    attentionHeadChannels: 32,
    resampling: 'residual',
  },
  adaptive: {
    ...common,
    baseChannels: 64,
    channelMultipliers: [0.5, 1],
    attentionResolutions: [8],
    pool: 'adaptive',
    attentionHeads: 2,
    scaleShiftNorm: false,
  },
  spatial: {
    ...common,
    baseChannels: 32,
    channelMultipliers: [2, 4],
    attentionResolutions: [4],
    pool: 'spatial',
    attentionHeads: 4,
    resampling: 'residual',
  },
  spatial_v2: { ...common, baseChannels: 32, channelMultipliers: [2, 2], pool: 'spatial_v2', resampling: 'pool' },
} as const satisfies Record<string, EncoderConfig>

const compilers: [string, Compile][] = [
  ['eager', eager],
  ['jit', jit],
  ['jit exactly', ((fn: never) => jit(fn, { engine: onnxRuntimeNode({ target: cpuExact }) })) as Compile],
  ['jit portably', ((fn: never) => jit(fn, { engine: onnxRuntimeNode({ target: portable }) })) as Compile],
]

describe.each(compilers)(
  '%s agrees with EncoderUNetModel of guided-diffusion, gradients included, pool',
  (_, compile) => {
    test('attention', () => expectReference('attention', configs.attention, compile))
    test('adaptive', () => expectReference('adaptive', configs.adaptive, compile))
    test('spatial', () => expectReference('spatial', configs.spatial, compile, { attentionOrder: 'new' }))
    test('spatial_v2', () => expectReference('spatial_v2', configs.spatial_v2, compile))
  },
)

test.each([
  ['attention', 'legacy'],
  ['adaptive', 'legacy'],
  ['spatial', 'new'],
  ['spatial_v2', 'legacy'],
] as const)('weights go back under the names of guided-diffusion, pool %s', (pool, attentionOrder) => {
  const state = referenceState(pool)
  const params = fromGuidedClassifier(state, configs[pool], { attentionOrder })
  const back = toGuidedClassifier(params, configs[pool], { attentionOrder })
  expect(new Set(Object.keys(back))).toEqual(new Set(Object.keys(state)))
  for (const [name, { shape, data }] of Object.entries(back)) {
    expect(shape, name).toEqual(state[name]!.shape)
    expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(state[name]!.data.buffer)), name).toBe(0)
  }
})

test("flags of OpenAI's classifiers give networks of as many parameters as theirs", () => {
  // Of `EncoderUNetModel` as `create_classifier` makes it.
  const count = (flags: string) => encoderParameterCount(guidedClassifierConfig(flags))
  expect(count('--image_size 64 --classifier_depth 4')).toBe(65_438_568)
  const attention = '--classifier_attention_resolutions 32,16,8 --classifier_pool attention'
  expect(count(`--image_size 128 --classifier_depth 2 --classifier_width 128 ${attention}`)).toBe(42_568_040)
  expect(count('--image_size 256')).toBe(54_096_360)
  expect(count('--image_size 512')).toBe(54_448_360)
})

test('flags of a classifier as an object', () => {
  expect(guidedClassifierConfig({ imageSize: 64, pool: 'spatial' }, { numClasses: 10 })).toMatchObject({
    classes: 10,
    pool: 'spatial',
    attentionResolutions: [32, 16, 8],
  })
  expect(() => guidedClassifierConfig('--image_size 32')).toThrow(
    'guidedClassifierConfig: expected imageSize, one of 64, 128, 256, 512, or channelMult; got 32',
  )
})

const small: EncoderConfig = {
  resolution: [4, 8],
  imageChannels: 2,
  classes: 3,
  baseChannels: 8,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  normGroups: 4,
  dropout: 0.5,
  noiseEmbedding: { name: 'noise-level' },
}
const random = rng(5)
const inputs = (n: number) => ({ xt: random.normal([n, 4, 8, 2]), noise: float32(new Array(n).fill(0.3)) })

test('first weights: zeros end branches and the adaptive pool, positions are of variance 1/channels', async () => {
  const adaptive = encoder({ ...small, pool: 'adaptive' })
  const { xt, noise } = inputs(2)
  expect((await eager(adaptive.apply)(adaptive.init(random), xt, noise)).data).toEqual(new Float32Array(6))
  const positions = encoder({ ...small, resolution: 64 }).init(random)['pool.positions.kernel']!
  expect(positions.shape).toEqual([32 * 32 + 1, 16])
  const variance = positions.data.reduce((sum, v) => sum + v * v, 0) / positions.data.length
  expect(variance * 16).toBeCloseTo(1, 1)
})

test('images of a batch do not mix, of any size; seeds make it drop values', async () => {
  const net = encoder(small)
  const params = net.init(random)
  const apply = (p: never, x: tf.Tensor4D, t: tf.Tensor1D, condition: { dropout?: tf.Tensor1D }) =>
    net.apply(p, x, t, condition)
  const run = jit(apply, { dynamicBatch: [null, 0, 0, 0] })
  const { xt, noise } = inputs(5)
  const rows = (y: NDArray, n: number) => Array.from(y.data.slice(3 * n, 3 * n + 3))
  const all = await run(params as never, xt, noise, {})
  const second = { xt: float32(xt.data.slice(64, 128), [1, 4, 8, 2]), noise: float32([0.3]) }
  const alone = await run(params as never, second.xt, second.noise, {})
  for (const [i, v] of rows(alone, 0).entries()) expect(v).toBeCloseTo(rows(all, 1)[i]!, 5)
  // The last layer of a branch is zero at first.
  const trained = { ...params, 'middle.1.conv2.kernel': random.normal([3, 3, 16, 16]) }
  const [a, b] = [
    await run(trained as never, second.xt, second.noise, { dropout: int32([1]) }),
    await run(trained as never, second.xt, second.noise, { dropout: int32([2]) }),
  ]
  await run.dispose()
  expect(greatestDifference(a.data, b.data)).toBeGreaterThan(1e-3)
})

test('shares its first half with a U-Net', () => {
  const shapes = encoder(small).parameterShapes
  const { classes: _, ...half } = small
  const pool = Object.entries(shapes).filter(([name]) => name.startsWith('pool.'))
  const rest = encoderParameterCount(small) - pool.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const up = { 'up.1.0': 0, 'up.1.1': 0, 'up.1.resample': 0, 'up.0.0': 0, 'up.0.1': 0, output: 0 }
  expect(rest).toBeLessThan(parameterCount(half))
  expect(Object.keys(shapes).some((name) => Object.keys(up).some((prefix) => name.startsWith(prefix)))).toBe(false)
})

test('errors say what was expected', async () => {
  expect(() => encoder({ ...small, classes: 0 })).toThrow('encoder: expected classes, an integer from 1, got 0')
  expect(() => encoder({ ...small, pool: 'max' as never })).toThrow(
    "encoder: expected pool, one of 'attention', 'adaptive', 'spatial', 'spatial_v2'; got 'max'",
  )
  expect(() => encoder({ ...small, middleAttention: false, attentionHeads: 3 })).toThrow(
    'encoder: expected attention heads to divide the 16 channels of the pool, got 3 heads',
  )
  expect(() => fromGuidedClassifier({}, small)).toThrow('fromGuidedClassifier: networks of guided-diffusion have')
  const { xt } = inputs(2)
  await expect(eager(encoder(small).apply)({}, xt, float32([1]))).rejects.toThrow(
    'expected noise of shape [2], got [1]',
  )
})
