import '@tensorflow/tfjs-backend-cpu'
import { sizeOf } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { UNetConfig } from '../config/config.ts'
import type { EncoderConfig } from '../encoder/config.ts'
import { encoder } from '../encoder/encoder.ts'
import { guidedDiffusionConfig, improvedDiffusionConfig } from '../names/openai-flags/network.ts'
import { unet } from '../unet.ts'
import { formatSummary } from './format-summary.ts'
import { type NetworkSummary, summary } from './summary.ts'

/** The products that a network computes for one image, by what tfjs says of its kernels. */
async function computed(config: UNetConfig | EncoderConfig): Promise<number> {
  const [height, width] =
    typeof config.resolution === 'number' ? [config.resolution, config.resolution] : config.resolution
  const net = 'classes' in config ? encoder(config) : unet(config)
  const lowRes = 'lowRes' in config ? config.lowRes : undefined
  const profile = await tf.profile(() => {
    const params = Object.fromEntries(
      Object.entries(net.parameterShapes).map(([name, shape]) => [name, tf.ones([...shape])]),
    )
    const condition = {
      ...('numClasses' in config && config.numClasses && { label: tf.tensor1d([0], 'int32') }),
      ...(lowRes && { lowRes: tf.zeros([1, height, width, lowRes.channels]) as tf.Tensor4D }),
      ...('augmentationLevels' in config && config.augmentationLevels && { augmentationLevel: tf.tensor1d([0]) }),
    }
    const xt = tf.zeros([1, height, width, config.imageChannels]) as tf.Tensor4D
    net.apply(params, xt, tf.tensor1d([0.5]), condition)
  })
  const classes = 'numClasses' in config ? config.numClasses : undefined
  return profile.kernels.reduce((sum, { name, inputShapes, outputShapes }) => {
    if (name === 'Conv2D')
      return sum + sizeOf(outputShapes[0] as number[]) * sizeOf((inputShapes[1] as number[]).slice(0, 3))
    if (name !== 'BatchMatMul') return sum
    const inner = inputShapes[0]!.at(-1)!
    // The table of classes is looked up by a product with a one-hot row.
    return inner === classes ? sum : sum + sizeOf(outputShapes[0] as number[]) * inner
  }, 0)
}

const small = { resolution: 8, imageChannels: 2, baseChannels: 8, residualBlocks: 1, normGroups: 4 } as const
const configs: Record<string, UNetConfig | EncoderConfig> = {
  plain: { ...small, channelMultipliers: [1, 2] },
  'full, not square': {
    ...small,
    resolution: [8, 16],
    channelMultipliers: [1, 2],
    attentionResolutions: [4],
    attentionHeads: 2,
    numClasses: 5,
    lowRes: { channels: 1 },
    augmentationLevels: true,
    outChannels: 4,
    scaleShiftNorm: false,
  },
  'residual resampling': {
    ...small,
    channelMultipliers: [1, 2, 3],
    attentionResolutions: [8, 4],
    resampling: 'residual',
  },
  'pooled resampling, patches': {
    ...small,
    channelMultipliers: [1, 2],
    patchSize: 2,
    resampling: 'pool',
    middleAttention: false,
  },
  'attention pool': { ...small, channelMultipliers: [1, 2], classes: 3, attentionHeads: 2 },
  'adaptive pool': { ...small, channelMultipliers: [1, 2], classes: 3, pool: 'adaptive', attentionResolutions: [8] },
  'spatial pool': { ...small, channelMultipliers: [1, 2], classes: 3, pool: 'spatial', resampling: 'residual' },
  'spatial pool, version 2': {
    ...small,
    channelMultipliers: [1, 2],
    classes: 3,
    pool: 'spatial_v2',
    resampling: 'pool',
  },
}

describe.each(Object.entries(configs))('%s', (_, config) => {
  test('multiply-adds are those that tfjs computes', async () => {
    expect(summary(config).multiplyAdds).toBe(await computed(config))
  })

  test('every parameter is counted once, under its layer', () => {
    const { parameterShapes } = 'classes' in config ? encoder(config) : unet(config)
    const { layers, parameters } = summary(config)
    const sizes = new Map<string, number>()
    for (const [name, shape] of Object.entries(parameterShapes)) {
      const layer = name.replace(/\.\w+$/, '')
      sizes.set(layer, (sizes.get(layer) ?? 0) + sizeOf(shape))
    }
    const counted = layers.filter((layer) => layer.parameters > 0)
    expect(counted.map((layer) => [layer.name, layer.parameters])).toEqual([...sizes])
    expect(parameters).toBe(Object.values(parameterShapes).reduce((sum, shape) => sum + sizeOf(shape), 0))
  })
})

test('shapes of the outputs, layer by layer', () => {
  const { layers } = summary(configs['residual resampling']!)
  const shapes = Object.fromEntries(layers.map(({ name, kind, shape }) => [name, `${kind} ${shape}`]))
  expect(shapes).toMatchObject({
    'time.1': 'linear 32',
    input: 'convolution 8,8,8',
    'down.0.0.embedding': 'linear 16',
    'down.0.0.attention.qkv': 'linear 8,8,24',
    'down.0.0.attention': 'attention 8,8,8',
    'down.0.resample.norm1': 'normalisation 8,8,8',
    'down.0.resample.conv1': 'convolution 4,4,8',
    'middle.0.conv2': 'convolution 2,2,24',
    'up.1.resample.norm1': 'normalisation 4,4,16',
    'up.1.resample.conv2': 'convolution 8,8,16',
    'output.conv': 'convolution 8,8,2',
  })
  expect(layers.map(({ name }) => name).indexOf('down.0.0.attention.out')).toBe(
    layers.map(({ name }) => name).indexOf('down.0.0.attention') + 1,
  )
})

describe('published figures', () => {
  const rounded = ({ parameters, multiplyAdds }: NetworkSummary, digits = 0) => ({
    millions: Number((parameters / 1e6).toFixed(digits)),
    billions: Number((multiplyAdds / 1e9).toFixed(digits)),
  })
  const adm = '--class_cond True --learn_sigma True --resblock_updown True --attention_resolutions 32,16,8'
  const guided = (flags: string) => summary(guidedDiffusionConfig(`${adm} ${flags}`).config)

  test("Improved DDPM's network of the benchmarks: 7.28 million parameters, 3.23 billion operations, 2 for a multiply-add", () => {
    const config: UNetConfig = {
      resolution: 32,
      imageChannels: 3,
      baseChannels: 64,
      channelMultipliers: [1, 2, 2],
      residualBlocks: 2,
      attentionResolutions: [16, 8],
      attentionHeads: 4,
    }
    const { millions, billions } = rounded(summary(config), 4)
    expect([millions.toFixed(2), (2 * billions).toFixed(2)]).toEqual(['7.28', '3.23'])
  })

  test('ADM (Dhariwal & Nichol 2021): parameters; multiply-adds as DiT (Peebles & Xie 2023) counts them', () => {
    const small = guided('--image_size 64 --num_channels 192 --num_head_channels 64 --num_res_blocks 3')
    const upsampler = guided('--large_size 256 --small_size 64 --num_channels 192 --num_heads 4 --num_res_blocks 2')
    expect(rounded(small).millions).toBe(296)
    expect(rounded(upsampler).millions).toBe(312)
    expect((small.multiplyAdds + upsampler.multiplyAdds) / 1e9).toBeCloseTo(742, -1)
    const large = '--num_channels 256 --num_head_channels 64 --num_res_blocks 2'
    expect(rounded(guided(`--image_size 128 ${large}`)).millions).toBe(422)
    expect(rounded(guided(`--image_size 256 ${large}`))).toEqual({ millions: 554, billions: 1120 })
    const largest = rounded(guided(`--image_size 512 ${large}`))
    expect(largest.millions).toBe(559)
    expect(Math.abs(largest.billions - 1983)).toBeLessThanOrEqual(1)
  })

  test('Improved DDPM, class-conditional at 64×64: 270 million parameters', () => {
    const flags = '--image_size 64 --num_channels 192 --num_res_blocks 3 --learn_sigma True --class_cond True'
    const { millions } = rounded(summary(improvedDiffusionConfig(flags).config))
    expect(Math.abs(millions / 270 - 1)).toBeLessThan(0.02)
  })
})

test('as a table by layer and by block', () => {
  const tiny = summary({ ...small, channelMultipliers: [1], classes: 3, pool: 'adaptive', middleAttention: false })
  const lines = formatSummary(tiny, { by: 'layer' }).split('\n')
  expect(lines[0]).toBe('name                kind           output  parameters  multiply-adds')
  expect(lines[2]).toBe('time.0              linear         32             288            256')
  expect(lines).toContain('down.0.0.conv1      convolution    8×8×8          584         36,864')
  // By hand: embeddings 1,344, input 152, three blocks of 1,728, the pool 43.
  expect(lines.at(-1)).toMatch(/^total +6,723 +233,240$/)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  const blocks = formatSummary(tiny).split('\n')
  expect(blocks.map((line) => line.split(/\s{2,}/)[0])).toEqual([
    ...['name', blocks[1]!, 'time', 'input', 'down.0.0', 'middle.0', 'middle.1', 'pool', blocks.at(-2)!, 'total'],
  ])
  const down = tiny.layers.filter(({ name }) => name.startsWith('down.0.0.'))
  expect(blocks[4]).toMatch(new RegExp(`^down\\.0\\.0 +${down.length} +8×8×8 `))
  expect(blocks.at(-1)!.match(/\S+/g)!.slice(1)).toEqual(lines.at(-1)!.match(/\S+/g)!.slice(1))
})
