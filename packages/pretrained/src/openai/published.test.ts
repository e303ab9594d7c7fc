import { guidedDiffusionConfig, improvedDiffusionConfig, parameterCount } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { publishedAs, publishedCheckpoints } from './published.ts'

const scripts = { 'guided-diffusion': guidedDiffusionConfig, 'improved-diffusion': improvedDiffusionConfig }

/** The flags as a shell has them. */
function shellFlags(name: string): Record<string, string | number | boolean> {
  const { imageSize, smallSize, channelMult, attentionResolutions, ...rest } = publishedCheckpoints[name]!.flags
  const process = ['diffusionSteps', 'noiseSchedule', 'rescaleTimesteps', 'learnSigma']
  const snake = Object.entries(rest).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value])
  return {
    ...Object.fromEntries(snake.filter((_, i) => !process.includes(Object.keys(rest)[i]!))),
    ...(smallSize ? { large_size: imageSize!, small_size: smallSize } : { image_size: imageSize! }),
    attention_resolutions: String(attentionResolutions),
    learn_sigma: true,
  }
}

// The tables of hyperparameters of "Diffusion models beat GANs", the text of "Improved DDPM", and the names of files.
test.each([
  ['64x64_diffusion.pt', 296e6],
  ['128x128_diffusion.pt', 422e6],
  ['256x256_diffusion.pt', 554e6],
  ['512x512_diffusion.pt', 559e6],
  ['64_256_upsampler.pt', 312e6],
  ['128_512_upsampler.pt', 309e6],
  ['lsun_bedroom.pt', 552e6],
  ['imagenet64_cond_270M_250K.pt', 270e6],
  ['imagenet64_uncond_100M_1500K.pt', 121e6],
  ['cifar10_uncond_50M_500K.pt', 53e6],
  ['upsample_cond_500K.pt', 280e6],
  ['lsun_uncond_100M_1200K_bs128.pt', 114e6],
])('%s has the parameters that its paper or name says', (name, count) => {
  const { family, flags } = publishedCheckpoints[name]!
  const { config, attentionOrder } = scripts[family](shellFlags(name))
  expect(parameterCount(config) / count).toBeCloseTo(1, 1)
  // What the scripts choose by the size of the image.
  expect(config.channelMultipliers).toEqual(flags.channelMult)
  expect(attentionOrder === 'new').toBe(flags.useNewAttentionOrder)
})

test('a published file is known by the end of its path or address', () => {
  const { url, family } = publishedCheckpoints['64x64_diffusion.pt']!
  expect(url).toBe('https://openaipublic.blob.core.windows.net/diffusion/jul-2021/64x64_diffusion.pt')
  for (const path of [
    url,
    `${url}?x=1`,
    '64x64_diffusion.pt',
    '/models/64x64_diffusion.pt',
    'C:\\m\\64x64_diffusion.pt',
  ])
    expect(publishedAs(path)?.family).toBe(family)
  for (const path of ['/64x64_diffusion.pt/model.pt', 'my_64x64_diffusion.pt', 'toString'])
    expect(publishedAs(path)).toBe(undefined)
  expect(publishedAs('x/cifar10_uncond_50M_500K.pt')).toMatchObject({
    family: 'improved-diffusion',
    url: expect.stringMatching('/march-2021/cifar10_uncond_50M_500K.pt'),
  })
})

test('each file has the flags that its weights cannot tell', () => {
  expect(Object.keys(publishedCheckpoints)).toHaveLength(23)
  for (const { flags, kind } of Object.values(publishedCheckpoints)) {
    expect(flags.imageSize).toBeGreaterThanOrEqual(32)
    expect([flags.numHeads, flags.numHeadChannels].filter((value) => value !== undefined)).toHaveLength(1)
    expect(flags.useNewAttentionOrder).toBeTypeOf('boolean')
    if (kind === 'unet')
      expect([flags.diffusionSteps, flags.noiseSchedule, flags.rescaleTimesteps]).not.toContain(undefined)
  }
})
