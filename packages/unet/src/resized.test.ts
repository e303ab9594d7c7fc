import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, int32, type NDArray, type Params } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { UNetCondition } from './condition.ts'
import type { UNetConfig } from './config/config.ts'
import { type UNet, unet } from './unet.ts'

const random = rng(11)
const config: UNetConfig = {
  resolution: [8, 12],
  imageChannels: 2,
  baseChannels: 8,
  channelMultipliers: [1, 2, 2],
  residualBlocks: 1,
  attentionResolutions: [4, 8],
  numClasses: 3,
  lowRes: { channels: 2 },
  augmentationLevels: true,
  normGroups: 4,
}

/** Weights that are nowhere zero, each changed by a function of its name, shape and values. */
const weights = (
  net: UNet,
  changed = (_: string, __: readonly number[], data: Float32Array) => data,
): Params<NDArray> =>
  Object.fromEntries(
    Object.entries(net.parameterShapes).map(([name, shape]) => {
      const data = random
        .fold(name)
        .normal(shape)
        .data.map((v) => 0.2 * v)
      return [name, float32(changed(name, shape, data), shape)]
    }),
  )
const run = (
  net: UNet,
  params: Params<NDArray>,
  xt: NDArray,
  condition: Record<string, NDArray>,
  compile: Compile = eager,
) =>
  compile((p: Params<Tensor>, x: Tensor4D, t: Tensor1D, c: UNetCondition) => net.apply(p, x, t, c))(
    params as never,
    xt as never,
    float32(new Float32Array(xt.shape[0]!).fill(300)) as never,
    condition as never,
  ) as Promise<NDArray<'float32'>>
const others = { label: int32([2]), augmentationLevel: int32([7]) }

test('resized to its own size, it is the same network to the last bit', async () => {
  const net = unet(config)
  const same = net.resized([8, 12])
  expect(same.config).toEqual(net.config)
  const xt = random.normal([1, 8, 12, 2])
  const condition = { ...others, lowRes: random.fold('low').normal([1, 4, 6, 2]) }
  const params = weights(net)
  expect(await run(same, params, xt, condition)).toEqual(await run(net, params, xt, condition))
})

test('the same levels attend, with the same weights; patches stay as large', () => {
  const net = unet(config)
  const larger = net.resized([16, 16])
  expect(larger.config).toEqual({ ...net.config, resolution: 16, attentionResolutions: [8, 16] })
  expect(larger.parameterShapes).toEqual(net.parameterShapes)
  expect(larger.resized([8, 12]).config).toEqual(net.config)
  const patched = unet({ ...config, patchSize: 2, attentionResolutions: [4, 2], channelMultipliers: [1, 2] })
  expect(patched.resized([12, 20]).config).toMatchObject({ patchSize: 2, attentionResolutions: [6, 3] })
})

test('sizes that it cannot have are refused, with the side', () => {
  const net = unet(config)
  expect(() => net.resized([16, 18])).toThrow(
    'unet: expected a resolution of multiples of 4, for levels that halve evenly twice, got a width of 18 in 16×18',
  )
  expect(() => net.resized([0, 8])).toThrow('unet: expected resolution, an integer from 1, or [height, width]')
  expect(() => net.resized('large' as never)).toThrow("[height, width], got 'large'")
})

/** The image repeated side by side and below itself, each copy mirrored if `mirror`. */
function tiled({ shape, data }: NDArray, mirror: boolean): NDArray<'float32'> {
  const [n, h, w, c] = shape as [number, number, number, number]
  const from = (i: number, side: number) => (mirror && i >= side ? 2 * side - 1 - i : i % side)
  const at = (i: number) => {
    const [y, x] = [Math.floor(i / (2 * w * c)), Math.floor(i / c) % (2 * w)]
    return data[(from(y, h) * w + from(x, w)) * c + (i % c)]!
  }
  return float32(
    Float32Array.from({ length: 4 * n * h * w * c }, (_, i) => at(i)),
    [n, 2 * h, 2 * w, c],
  )
}

/** Kernels of which only the middle is not zero: without borders, every layer treats copies of an image alike. */
const pointwise = (_: string, shape: readonly number[], data: Float32Array) =>
  shape.length === 4 && shape[0] === 3
    ? data.map((v, i) => (Math.floor(i / (shape[2]! * shape[3]!)) === 4 ? 3 * v : 0))
    : data

test.each([
  ['conv', false],
  ['pool', true],
  ['residual', true],
] as const)('attention, norms and %s go over all of a larger image', async (resampling, mirror) => {
  const net = unet({ ...config, resampling })
  const params = weights(net, pointwise)
  const xt = random.normal([1, 8, 12, 2])
  // Mirrored, the small images are super-resolved alike too.
  const lowRes = random.fold('low').normal(mirror ? [1, 4, 6, 2] : [1, 8, 12, 2])
  const small = await run(net, params, xt, { ...others, lowRes })
  const larger = await run(net.resized([16, 24]), params, tiled(xt, mirror), {
    ...others,
    lowRes: tiled(lowRes, mirror),
  })
  const scale = Math.max(...small.data.map(Math.abs))
  expect(greatestDifference(larger.data, tiled(small, mirror).data) / scale).toBeLessThan(1e-5)
})

/** Norms that do nothing: channels in pairs of opposite signs have no mean, and their variance is nothing to ε. */
const EPSILON = 1e10
const unnormalised = (name: string, shape: readonly number[], data: Float32Array) => {
  if (name.includes('norm') && name.endsWith('.scale')) return data.fill(Math.sqrt(EPSILON))
  const outputs = shape.at(-1)!
  const precedesNorm = shape.length === 4 || (name.endsWith('.bias') && !/time|embedding|output/.test(name))
  return precedesNorm && !name.startsWith('output')
    ? data.map((v, i) => ((i % outputs) % 2 === 0 ? v : -data[i - 1]!))
    : data
}

test('away from the borders, convolutions give the same at any size', async () => {
  const { attentionResolutions, numClasses, augmentationLevels, ...rest } = config
  const net = unet({
    ...rest,
    resolution: 80,
    channelMultipliers: [1, 2],
    middleAttention: false,
    normEpsilon: EPSILON,
  })
  const params = weights(net, unnormalised)
  const large = random.normal([1, 96, 96, 2])
  // Rows and columns 8 to 87: a shift that the resampling does not see.
  const cut = (side: number, from: number, { data, shape }: NDArray) => {
    const w = shape[2]!
    const at = (i: number) =>
      data[((from + Math.floor(i / (2 * side))) * w + from + (Math.floor(i / 2) % side)) * 2 + (i % 2)]!
    return float32(
      Float32Array.from({ length: 2 * side ** 2 }, (_, i) => at(i)),
      [1, side, side, 2],
    )
  }
  const lowRes = random.fold('low').normal([1, 48, 48, 2])
  const ofLarge = await run(net.resized([96, 96]), params, large, { lowRes }, jit)
  const ofSmall = await run(net, params, cut(80, 8, large), { lowRes: cut(40, 4, lowRes) }, jit)
  const [middle, expected] = [cut(16, 32, ofSmall), cut(16, 40, ofLarge)]
  const scale = Math.max(...expected.data.map(Math.abs))
  expect(scale).toBeGreaterThan(1e-3)
  expect(greatestDifference(middle.data, expected.data) / scale).toBeLessThan(1e-5)
  // At the borders they see the padding.
  expect(greatestDifference(cut(8, 0, ofSmall).data, cut(8, 8, ofLarge).data) / scale).toBeGreaterThan(1e-2)
})
