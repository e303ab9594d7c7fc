import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager, resizeBicubic } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { UNetCondition } from './condition.ts'
import type { UNetConfig } from './config/config.ts'
import { replaceFilterGradient } from './filter-gradient.ts'
import { type UNetOptions, unet } from './unet.ts'

replaceFilterGradient()

const random = rng(3)
const base: UNetConfig = {
  resolution: [8, 4],
  imageChannels: 2,
  baseChannels: 8,
  channelMultipliers: [1, 1.5],
  residualBlocks: 1,
  normGroups: 4,
  attentionResolutions: [4],
}
const xt = random.fold('xt').normal([2, 8, 4, 2])
const noise = float32([3, 900])

const weights = (config: UNetConfig): Params<NDArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(unet(config).parameterShapes).map(([name, shape]) => {
      const { data } = random.fold(name).normal(shape)
      return [
        name,
        float32(
          Array.from(data, (v) => 0.2 * v),
          shape,
        ),
      ]
    }),
  )
const run = (config: UNetConfig, given: Record<string, NDArray> = {}, params = weights(config), t = noise) =>
  eager(unet(config).apply)(params, xt, t, given)
const difference = (a: NDArray, b: NDArray) => greatestDifference(a.data, b.data)

/** The gradients by all weights of the sum of squares, and by the low-resolution image. */
const gradients = (config: UNetConfig, options?: UNetOptions) => {
  const net = unet(config, options)
  return (params: Params<tf.Tensor>, image: tf.Tensor4D, t: tf.Tensor1D, given: UNetCondition) => {
    const names = Object.keys(params)
    const loss = (...values: tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      const lowRes = values[names.length] as tf.Tensor4D
      return tf.sum(tf.square(net.apply(named, image, t, { ...given, lowRes })))
    }
    const all = tf.grads(loss)([...names.map((name) => params[name]!), given.lowRes!])
    return Object.fromEntries([...names, 'lowRes'].map((name, i) => [name, all[i]!]))
  }
}

test.each<[string, Partial<UNetConfig>]>([
  ['residual resampling', { resampling: 'residual', attentionHeadChannels: 4 }],
  ['pooled resampling', { resampling: 'pool', attentionHeads: 2, attentionHeadsUp: 4 }],
  ['SR3', { noiseEmbedding: { name: 'noise-level' }, residualScale: Math.SQRT1_2, middleResidualScale: 0.5 }],
  ['DDPM', { downsamplePadding: 'after', noiseEmbedding: { name: 'timestep', frequencyShift: 1 }, normEpsilon: 1e-6 }],
  ['bare', { middleAttention: false, scaleShiftNorm: false, resampling: { down: ['residual'], up: ['conv'] } }],
])('%s: compiled and recomputed it has the gradients of eager', async (_, change) => {
  const config: UNetConfig = { ...base, ...change, lowRes: { channels: 1, resize: 'bicubic' } }
  const given = { lowRes: random.fold('low').normal([2, 4, 2, 1]) }
  const t = change.noiseEmbedding?.name === 'noise-level' ? float32([0.9, 0.1]) : noise
  const params = weights(config)
  const expected = await eager(gradients(config))(params, xt, t, given)
  for (const recompute of [false, true]) {
    const compiled = jit(gradients(config, { recompute }))
    const got = await compiled(params, xt, t, given)
    await compiled.dispose()
    for (const [name, gradient] of Object.entries(expected)) {
      const scale = Math.max(...gradient.data.map(Math.abs))
      expect(scale, `${name} matters`).toBeGreaterThan(1e-3)
      expect(difference(got[name]!, gradient) / scale, name).toBeLessThan(1e-4)
    }
  }
})

test('a noise level is embedded as the step 5000 times as large (WaveGrad, Section 3)', async () => {
  const level: UNetConfig = { ...base, noiseEmbedding: { name: 'noise-level' } }
  const params = weights(base)
  const got = await run(level, {}, params, float32([0.1, 0.75]))
  expect(difference(got, await run(base, {}, params, float32([500, 3750])))).toBeLessThan(1e-3)
  expect(difference(got, await run(base, {}, params, float32([0.1, 0.75])))).toBeGreaterThan(1e-2)
})

test('a low-resolution image is resized as the configuration says', async () => {
  const lowRes = random.fold('low').normal([2, 4, 2, 1])
  const bilinear: UNetConfig = { ...base, lowRes: { channels: 1 } }
  const bicubic: UNetConfig = { ...base, lowRes: { channels: 1, resize: 'bicubic' } }
  const params = weights(bilinear)
  const resized = await eager((x: tf.Tensor4D) => resizeBicubic(x, [8, 4]))(lowRes)
  const got = await run(bicubic, { lowRes }, params)
  expect(got).toEqual(await run(bilinear, { lowRes: resized }, params))
  expect(difference(got, await run(bilinear, { lowRes }, params))).toBeGreaterThan(1e-3)
})

test('residualScale multiplies the input of each branch as much as the branch', async () => {
  // Without middle, attention or change of channels all branches are silent: what is left is the first convolution's output, scaled
  // once for each block.
  const config: UNetConfig = {
    resolution: [8, 4],
    imageChannels: 2,
    baseChannels: 8,
    channelMultipliers: [1],
    residualBlocks: 1,
    normGroups: 4,
    middleAttention: false,
    outChannels: 8,
  }
  const net = unet({ ...config, residualScale: 0.5, middleResidualScale: 0.25 })
  const silent = Object.fromEntries(
    Object.entries(weights(config)).map(([name, w]) => [
      name,
      /conv2|\.skip/.test(name) ? float32(w.data.fill(0), w.shape) : w,
    ]),
  )
  const skip = new Float32Array(16 * 8)
  for (let c = 0; c < 8; c++) skip[c * 8 + c] = 1
  // The blocks up take twice the channels: their skips pass the first half, which is what came from below.
  const passing = {
    ...silent,
    'up.0.0.skip.kernel': float32(skip, [1, 1, 16, 8]),
    'up.0.1.skip.kernel': float32(skip, [1, 1, 16, 8]),
  }
  const whole = await eager(unet(config).apply)(passing, xt, noise, {})
  const scaled = await eager(net.apply)(passing, xt, noise, {})
  // A normalisation follows, which only its epsilon keeps from taking all scale away: compare with an epsilon scaled by its square.
  const factor = 0.5 * 0.25 * 0.25 * 0.5 * 0.5
  const same = unet({ ...config, residualScale: 0.5, middleResidualScale: 0.25, normEpsilon: 1e-5 * factor ** 2 })
  expect(difference(await eager(same.apply)(passing, xt, noise, {}), whole)).toBeLessThan(1e-5)
  expect(difference(scaled, whole)).toBeGreaterThan(1e-4)
})

test('the middle may be without attention, and its attention without normalisation', () => {
  const names = (change: Partial<UNetConfig>) => Object.keys(unet({ ...base, ...change }).parameterShapes)
  const all = names({})
  const middle = all.filter((name) => name.startsWith('middle.0.attention.'))
  expect(all.filter((name) => !names({ middleAttention: false }).includes(name))).toEqual(middle)
  expect(all.filter((name) => !names({ middleAttentionNorm: false }).includes(name))).toEqual([
    'middle.0.attention.norm.scale',
    'middle.0.attention.norm.shift',
  ])
})

test('resampling within residual blocks, or by convolutions, or without weights', () => {
  const names = (resampling: UNetConfig['resampling']) =>
    Object.keys(unet({ ...base, resampling }).parameterShapes).filter((name) => name.includes('resample'))
  expect(names('conv')).toEqual(['down.0', 'up.1'].flatMap((at) => [`${at}.resample.kernel`, `${at}.resample.bias`]))
  expect(names('pool')).toEqual([])
  expect(names({ down: ['pool'], up: ['conv'] })).toEqual(['up.1.resample.kernel', 'up.1.resample.bias'])
  expect(names('residual')).toContain('down.0.resample.conv1.kernel')
  expect(names('residual')).toContain('up.1.resample.embedding.bias')
  expect(names('residual').length).toBe(2 * 10)
})
