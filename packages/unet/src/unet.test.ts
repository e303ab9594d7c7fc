import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { float32, int32, type NDArray, zeros } from '@cascade-diffusion/arrays'
import type { Network } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { depthToSpace, eager, spaceToDepth } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { UNetCondition } from './condition.ts'
import type { UNetConfig } from './config/config.ts'
import { replaceFilterGradient } from './filter-gradient.ts'
import { type UNet, unet } from './unet.ts'

replaceFilterGradient()

const random = rng(7)
const base: UNetConfig = {
  resolution: 8,
  imageChannels: 2,
  baseChannels: 8,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  normGroups: 4,
}
const full: UNetConfig = {
  ...base,
  attentionResolutions: [4],
  attentionHeads: 2,
  numClasses: 3,
  lowRes: { channels: 1 },
  augmentationLevels: true,
}
const condition = {
  label: int32([0, 2]),
  lowRes: random.fold('low').normal([2, 4, 4, 1]),
  augmentationLevel: int32([0, 40]),
}
const xt = random.fold('xt').normal([2, 8, 8, 2])
const noise = float32([3, 900])

/** Weights that are nowhere zero. */
const weights = (net: UNet): Params<NDArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(net.parameterShapes).map(([name, shape]) => {
      const { data } = random.fold(name).normal(shape)
      return [
        name,
        float32(
          data.map((v) => 0.2 * v),
          shape,
        ),
      ]
    }),
  )
const applied = (config: UNetConfig) => eager(unet(config).apply)
const run = (config: UNetConfig, given: Record<string, NDArray>) =>
  applied(config)(weights(unet(config)), xt, noise, given)
const difference = (a: NDArray, b: NDArray) => greatestDifference(a.data, b.data)

test('starts by giving zeros', async () => {
  const net = unet({ ...base, outChannels: 4 })
  expect(await eager(net.apply)(net.init(random), xt, noise, {})).toEqual(zeros([2, 8, 8, 4]))
})

test('every input and every weight matters', async () => {
  const net = unet(full)
  const gradients = eager((params: Params<tf.Tensor>, image: tf.Tensor4D, t: tf.Tensor1D, given: UNetCondition) => {
    const names = Object.keys(params)
    const tensors = [...names.map((name) => params[name]!), image, t, given.lowRes!, given.augmentationLevel!]
    const loss = (...values: tf.Tensor[]): tf.Tensor => {
      const [x, time, lowRes, augmentationLevel] = values.slice(names.length) as [
        tf.Tensor4D,
        tf.Tensor1D,
        tf.Tensor4D,
        tf.Tensor1D,
      ]
      const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      return tf.sum(tf.square(net.apply(named, x, time, { label: given.label, lowRes, augmentationLevel })))
    }
    const all = tf
      .grads(loss)(tensors)
      .map((gradient) => tf.max(tf.abs(gradient)))
    return Object.fromEntries(
      [...names, 'xt', 'noise', 'lowRes', 'augmentationLevel'].map((name, i) => [name, all[i]!]),
    )
  })
  const given = { ...condition, augmentationLevel: float32([0, 40]) }
  const sizes = await gradients(weights(net), xt, noise, given)
  expect(
    Object.entries(sizes)
      .filter(([, size]) => !(size.data[0]! > 1e-6))
      .map(([name]) => name),
  ).toEqual([])
})

test('the gradient is that of the values', async () => {
  const net = unet(full)
  const params = weights(net)
  const direction = random.fold('direction').normal(xt.shape)
  const loss = (image: tf.Tensor, p: Params<tf.Tensor>, t: tf.Tensor1D, given: UNetCondition) =>
    tf.mean(tf.square(net.apply(p, image as tf.Tensor4D, t, given)))
  const slope = eager(
    (image: tf.Tensor, along: tf.Tensor, p: Params<tf.Tensor>, t: tf.Tensor1D, given: UNetCondition) =>
      tf.sum(tf.mul(along, tf.grad((x: tf.Tensor) => loss(x, p, t, given))(image))),
  )
  const value = eager(loss)
  const at = async (step: number) =>
    (
      await value(
        float32(
          xt.data.map((v, i) => v + step * direction.data[i]!),
          xt.shape,
        ),
        params,
        noise,
        condition,
      )
    ).data[0]!
  const expected = (8 * ((await at(0.01)) - (await at(-0.01))) - ((await at(0.02)) - (await at(-0.02)))) / 0.12
  const got = (await slope(xt, direction, params, noise, condition)).data[0]!
  expect(Math.abs(got / expected - 1)).toBeLessThan(2e-3)
})

test('recomputed in the backward pass, its gradients are the same', async () => {
  const params = weights(unet(full))
  const gradients = async (recompute: boolean) => {
    const net = unet(full, { recompute })
    const compiled = jit((p: Params<tf.Tensor>, image: tf.Tensor4D, t: tf.Tensor1D, given: UNetCondition) => {
      const names = Object.keys(p)
      const loss = (...values: tf.Tensor[]) =>
        tf.mean(tf.square(net.apply(Object.fromEntries(names.map((name, i) => [name, values[i]!])), image, t, given)))
      return tf.grads(loss)(names.map((name) => p[name]!))
    })
    const result = await compiled(params, xt, noise, condition)
    await compiled.dispose()
    return result
  }
  const [kept, again] = [await gradients(false), await gradients(true)]
  for (const [i, gradient] of kept.entries()) {
    const scale = Math.max(1e-3, ...gradient.data.map(Math.abs))
    expect(difference(again[i]!, gradient) / scale).toBeLessThan(1e-5)
  }
})

test('traced, it gives what it gives eagerly', async () => {
  const traced = jit(unet(full).apply)
  const y = await traced(weights(unet(full)), xt, noise, condition)
  await traced.dispose()
  const expected = await run(full, condition)
  expect(difference(y, expected) / Math.max(...expected.data.map(Math.abs))).toBeLessThan(1e-5)
})

test('images of a batch do not mix', async () => {
  const both = await run(full, condition)
  const second = {
    label: int32([2]),
    lowRes: float32(condition.lowRes.data.slice(16), [1, 4, 4, 1]),
    augmentationLevel: int32([40]),
  }
  const alone = await applied(full)(
    weights(unet(full)),
    float32(xt.data.slice(128), [1, 8, 8, 2]),
    float32([900]),
    second,
  )
  expect(difference(alone, float32(both.data.slice(128), [1, 8, 8, 2]))).toBeLessThan(1e-5)
})

test('takes images that are not square, and low-resolution images of full size', async () => {
  const config: UNetConfig = { ...base, resolution: [4, 8], attentionResolutions: [2], lowRes: { channels: 1 } }
  const net = unet(config)
  const image = random.normal([1, 4, 8, 2])
  const y = await applied(config)(weights(net), image, float32([5]), { lowRes: random.normal([1, 4, 8, 1]) })
  expect(y.shape).toEqual([1, 4, 8, 2])
})

test('works on patches: its outputs and the images it sees are cut alike', async () => {
  const net = unet({ ...full, patchSize: 2, attentionResolutions: [] })
  expect(net.parameterShapes['input.kernel']).toEqual([3, 3, 4 * 3, 8])
  expect(net.parameterShapes['output.conv.kernel']).toEqual([3, 3, 8, 4 * 2])
  const params = weights(net)
  const run = (x: NDArray) =>
    eager((p: Params<tf.Tensor>, x: tf.Tensor4D, t: tf.Tensor1D, c: UNetCondition) => net.apply(p, x, t, c))(
      params as never,
      x as never,
      noise as never,
      condition as never,
    )
  expect((await run(xt)).shape).toEqual([2, 8, 8, 2])
  // A network that sees the patches as channels of a small image is the same network.
  const small = unet({ ...base, resolution: 4, imageChannels: 8, outChannels: 8, channelMultipliers: [1, 2] })
  const plain = unet({ ...base, patchSize: 2 })
  const shared = weights(plain)
  expect(small.parameterShapes).toEqual(plain.parameterShapes)
  const apply = (of: UNet) => (p: Params<tf.Tensor>, x: tf.Tensor4D, t: tf.Tensor1D) =>
    of.config.patchSize === 1 ? depthToSpace(of.apply(p, spaceToDepth(x, 2), t, {}), 2) : of.apply(p, x, t, {})
  const [a, b] = await Promise.all(
    [plain, small].map((net) => eager(apply(net))(shared as never, xt as never, noise as never)),
  )
  expect(a!.data).toEqual(b!.data)
})

test('says which condition is missing or has no place', async () => {
  for (const [name, field] of Object.entries({
    label: 'numClasses',
    lowRes: 'lowRes',
    augmentationLevel: 'augmentationLevels',
  })) {
    const { [name as keyof typeof condition]: value, ...rest } = condition
    await expect(run(full, rest)).rejects.toThrow(
      `unet: expected condition.${name}, since the network has ${field}; got none`,
    )
    await expect(run(base, { [name]: value! })).rejects.toThrow(
      `unet: expected no condition.${name}, since the network has no ${field}`,
    )
  }
})

test('says which input has another shape or type', async () => {
  const params = weights(unet(base))
  const other = applied(base)
  await expect(other(params, zeros([2, 16, 16, 2]), noise, {})).rejects.toThrow(
    'expected xt of shape [2,8,8,2], got [2,16,16,2]',
  )
  await expect(other(params, xt, float32([1]), {})).rejects.toThrow('expected noise of shape [2], got [1]')
  await expect(run(full, { ...condition, label: int32([1]) })).rejects.toThrow(
    'expected condition.label of shape [2], got [1]',
  )
  await expect(run(full, { ...condition, label: float32([1, 1]) })).rejects.toThrow(
    'condition.label of int32, got float32',
  )
  await expect(run(full, { ...condition, lowRes: zeros([2, 4, 4, 3]) })).rejects.toThrow(
    'condition.lowRes of shape [2,4,4,1]',
  )
})

test('says which weight is missing', async () => {
  const { 'middle.1.conv2.kernel': _, ...rest } = weights(unet(base))
  await expect(applied(base)(rest, xt, noise, {})).rejects.toThrow("unet: missing parameter 'middle.1.conv2.kernel'")
})

test('is a network of a diffusion process once its weights are closed over', () => {
  const net = unet(full)
  const close =
    (params: Params<tf.Tensor>): Network<UNetCondition> =>
    (x, t, given) =>
      net.apply(params, x, t, given)
  expect(close({})).toBeTypeOf('function')
})
