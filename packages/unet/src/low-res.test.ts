import '@tensorflow/tfjs-backend-cpu'
import { float32, type NDArray, type Params } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { UNetConfig } from './config/config.ts'
import { unet } from './unet.ts'

const random = rng(5)

/** Bilinear interpolation between pixel centres, edges repeated. */
function bilinear(at: number, from: number): number[] {
  const place = Math.min(Math.max(at, 0), from - 1)
  return Array.from({ length: from }, (_, i) => Math.max(0, 1 - Math.abs(place - i)))
}

/** Keys' cubic kernel with a = -1/2, of the pixels that exist. */
function bicubic(at: number, from: number): number[] {
  const raw = Array.from({ length: from }, (_, i) => {
    const d = Math.abs(at - i)
    if (d >= 2) return 0
    return d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2
  })
  const sum = raw.reduce((a, b) => a + b)
  return raw.map((weight) => weight / sum)
}

/** Resizes by the definition, in float64. */
function resized({ shape, data }: NDArray, [height, width]: readonly [number, number], kernel: typeof bilinear) {
  const [n, h, w, c] = shape as [number, number, number, number]
  const of = (to: number, from: number) =>
    Array.from({ length: to }, (_, i) => kernel(((i + 0.5) * from) / to - 0.5, from))
  const [rows, columns] = [of(height, h), of(width, w)]
  const value = (i: number) => {
    const [k, x, y] = [i % c, Math.floor(i / c) % width, Math.floor(i / (c * width)) % height]
    const image = Math.floor(i / (c * width * height))
    let sum = 0
    for (let v = 0; v < h; v++)
      for (let u = 0; u < w; u++) sum += rows[y]![v]! * columns[x]![u]! * data[((image * h + v) * w + u) * c + k]!
    return sum
  }
  return float32(
    Float32Array.from({ length: n * height * width * c }, (_, i) => value(i)),
    [n, height, width, c],
  )
}

describe.each([
  ['bilinear', bilinear],
  ['bicubic', bicubic],
] as const)('small images are super-resolved by %s interpolation', (resize, kernel) => {
  // Factors: 3/2 as 64 to 96, another one for each side, none on one side, an integer beside a fraction.
  test.each([
    [
      [8, 8],
      [12, 12],
    ],
    [
      [6, 5],
      [8, 8],
    ],
    [
      [8, 4],
      [8, 12],
    ],
    [
      [3, 7],
      [12, 8],
    ],
  ] as const)('%j to %j, compiled or not, with its gradient', async (low, size) => {
    const config: UNetConfig = {
      resolution: size,
      imageChannels: 1,
      baseChannels: 4,
      channelMultipliers: [1, 1],
      residualBlocks: 1,
      normGroups: 2,
      lowRes: { channels: 2, resize },
    }
    const net = unet(config)
    const params = Object.fromEntries(
      Object.entries(net.parameterShapes).map(([name, shape]) => [
        name,
        float32(
          random
            .fold(name)
            .normal(shape)
            .data.map((v) => 0.3 * v),
          shape,
        ),
      ]),
    )
    const xt = random.normal([2, ...size, 1])
    const lowRes = random.fold('low').normal([2, ...low, 2])
    const noise = float32([3, 700])
    const compiled = jit(net.apply)
    const by = (apply: unknown, given: NDArray) =>
      (apply as (...args: unknown[]) => Promise<NDArray<'float32'>>)(params, xt, noise, { lowRes: given })
    const expected = await by(eager(net.apply), resized(lowRes, size, kernel))
    const scale = Math.max(...expected.data.map(Math.abs))
    for (const apply of [eager(net.apply), compiled])
      expect(greatestDifference((await by(apply, lowRes)).data, expected.data) / scale).toBeLessThan(2e-5)
    await compiled.dispose()

    // The slope along a direction is that of the values.
    const loss = (z: tf.Tensor, p: Params<tf.Tensor>, x: tf.Tensor4D, t: tf.Tensor1D) =>
      tf.mean(tf.square(net.apply(p, x, t, { lowRes: z as tf.Tensor4D })))
    const direction = random.fold('direction').normal(lowRes.shape)
    const slope = (along: tf.Tensor, z: tf.Tensor, p: Params<tf.Tensor>, x: tf.Tensor4D, t: tf.Tensor1D) =>
      tf.sum(tf.mul(along, tf.grad((z: tf.Tensor) => loss(z, p, x, t))(z)))
    const value = eager(loss)
    const at = async (step: number) =>
      (
        await value(
          float32(
            lowRes.data.map((v, i) => v + step * direction.data[i]!),
            lowRes.shape,
          ),
          params,
          xt,
          noise,
        )
      ).data[0]!
    const finite = (8 * ((await at(0.01)) - (await at(-0.01))) - ((await at(0.02)) - (await at(-0.02)))) / 0.12
    const compiledSlope = jit(slope)
    for (const of of [eager(slope), compiledSlope]) {
      const got = (await of(direction, lowRes, params, xt, noise)).data[0]!
      expect(Math.abs(got - finite)).toBeLessThan(3e-3 * Math.max(Math.abs(finite), 0.1 * scale))
    }
    await compiledSlope.dispose()
  })
})
