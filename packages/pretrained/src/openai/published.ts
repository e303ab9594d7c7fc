import type { OpenAIFamily, OpenAIFlags } from '@cascade-diffusion/unet'

/** A checkpoint that OpenAI has published, with the flags to run it. */
export interface PublishedCheckpoint {
  readonly family: OpenAIFamily
  readonly kind: 'unet' | 'classifier'
  readonly flags: OpenAIFlags
  readonly url: string
}

const host = 'https://openaipublic.blob.core.windows.net/diffusion'
const mult64 = [1, 2, 3, 4]
const mult128 = [1, 1, 2, 3, 4]
const mult256 = [1, 1, 2, 2, 4, 4]
const mult512 = [0.5, 1, 1, 2, 2, 4, 4]

/** The flags that all published models of guided-diffusion share. */
const adm = {
  attentionResolutions: [32, 16, 8],
  learnSigma: true,
  useScaleShiftNorm: true,
  resblockUpdown: true,
  useNewAttentionOrder: false,
  diffusionSteps: 1000,
  noiseSchedule: 'linear',
  rescaleTimesteps: false,
  predictXstart: false,
  dropout: 0,
} as const satisfies OpenAIFlags

const adm256: OpenAIFlags = {
  ...adm,
  imageSize: 256,
  numChannels: 256,
  channelMult: mult256,
  numResBlocks: 2,
  numHeadChannels: 64,
  classCond: true,
}
const lsun: OpenAIFlags = { ...adm256, classCond: false, dropout: 0.1 }

const admClassifier = (imageSize: number, numResBlocks: number, channelMult: readonly number[]): OpenAIFlags => ({
  imageSize,
  numResBlocks,
  channelMult,
  numChannels: 128,
  numHeadChannels: 64,
  attentionResolutions: [32, 16, 8],
  useScaleShiftNorm: true,
  resblockUpdown: true,
  useNewAttentionOrder: false,
})

/** The upsamplers and improved-diffusion set the number of heads; the default of the scripts is 4. */
const improved = {
  numHeads: 4,
  attentionResolutions: [16, 8],
  learnSigma: true,
  useScaleShiftNorm: true,
  resblockUpdown: false,
  useNewAttentionOrder: false,
  diffusionSteps: 4000,
  noiseSchedule: 'cosine',
  dropout: 0,
  predictXstart: false,
} as const satisfies OpenAIFlags

const imagenet64: OpenAIFlags = {
  ...improved,
  imageSize: 64,
  numChannels: 128,
  channelMult: mult64,
  numResBlocks: 3,
  classCond: false,
  rescaleTimesteps: true,
}
const cifar10: OpenAIFlags = {
  ...improved,
  imageSize: 32,
  numChannels: 128,
  channelMult: [1, 2, 2, 2],
  numResBlocks: 3,
  classCond: false,
  rescaleTimesteps: true,
  dropout: 0.3,
}
const improvedLsun: OpenAIFlags = {
  ...improved,
  imageSize: 256,
  numChannels: 128,
  channelMult: mult256,
  numResBlocks: 2,
  numHeads: 1,
  attentionResolutions: [16],
  useScaleShiftNorm: false,
  classCond: false,
  diffusionSteps: 1000,
  noiseSchedule: 'linear',
  rescaleTimesteps: false,
}

const diffusion: Record<string, OpenAIFlags> = {
  '64x64_diffusion.pt': {
    ...adm,
    imageSize: 64,
    numChannels: 192,
    channelMult: mult64,
    numResBlocks: 3,
    numHeadChannels: 64,
    classCond: true,
    useNewAttentionOrder: true,
    noiseSchedule: 'cosine',
    dropout: 0.1,
  },
  '128x128_diffusion.pt': {
    ...adm,
    imageSize: 128,
    numChannels: 256,
    channelMult: mult128,
    numResBlocks: 2,
    numHeads: 4,
    classCond: true,
  },
  '256x256_diffusion.pt': adm256,
  '256x256_diffusion_uncond.pt': { ...adm256, classCond: false },
  '512x512_diffusion.pt': { ...adm256, imageSize: 512, channelMult: mult512 },
  '64_256_upsampler.pt': {
    ...adm,
    imageSize: 256,
    smallSize: 64,
    numChannels: 192,
    channelMult: mult256,
    numResBlocks: 2,
    numHeads: 4,
    classCond: true,
  },
  '128_512_upsampler.pt': {
    ...adm,
    imageSize: 512,
    smallSize: 128,
    numChannels: 192,
    channelMult: mult256,
    numResBlocks: 2,
    attentionResolutions: [32, 16],
    numHeadChannels: 64,
    classCond: true,
  },
  'lsun_bedroom.pt': lsun,
  'lsun_cat.pt': lsun,
  'lsun_horse.pt': lsun,
  'lsun_horse_nodropout.pt': { ...lsun, dropout: 0 },
}

const classifiers: Record<string, OpenAIFlags> = {
  '64x64_classifier.pt': admClassifier(64, 4, mult64),
  '128x128_classifier.pt': admClassifier(128, 2, mult128),
  '256x256_classifier.pt': admClassifier(256, 2, mult256),
  '512x512_classifier.pt': admClassifier(512, 2, mult512),
}

const ofImproved: Record<string, OpenAIFlags> = {
  'imagenet64_uncond_100M_1500K.pt': imagenet64,
  'imagenet64_uncond_vlb_100M_1500K.pt': imagenet64,
  'imagenet64_cond_270M_250K.pt': { ...imagenet64, numChannels: 192, classCond: true, rescaleTimesteps: false },
  'cifar10_uncond_50M_500K.pt': cifar10,
  'cifar10_uncond_vlb_50M_500K.pt': cifar10,
  'upsample_cond_500K.pt': {
    ...improved,
    imageSize: 256,
    smallSize: 64,
    numChannels: 192,
    channelMult: mult256,
    numResBlocks: 2,
    classCond: true,
    noiseSchedule: 'linear',
    rescaleTimesteps: false,
  },
  'lsun_uncond_100M_1200K_bs128.pt': improvedLsun,
  'lsun_uncond_100M_2400K_bs64.pt': improvedLsun,
}

const entries = (
  files: Record<string, OpenAIFlags>,
  family: OpenAIFamily,
  kind: PublishedCheckpoint['kind'],
  folder: string,
) =>
  Object.entries(files).map(([name, flags]): [string, PublishedCheckpoint] => [
    name,
    { family, kind, flags, url: `${host}/${folder}/${name}` },
  ])

/** The published checkpoints of guided-diffusion and improved-diffusion by file name, with the flags of the READMEs. */
export const publishedCheckpoints: Readonly<Record<string, PublishedCheckpoint>> = Object.fromEntries([
  ...entries(diffusion, 'guided-diffusion', 'unet', 'jul-2021'),
  ...entries(classifiers, 'guided-diffusion', 'classifier', 'jul-2021'),
  ...entries(ofImproved, 'improved-diffusion', 'unet', 'march-2021'),
])

/** The published checkpoint whose name a path or address ends with. */
export function publishedAs(pathOrUrl: string): PublishedCheckpoint | undefined {
  const name = pathOrUrl
    .replace(/[?#].*$/, '')
    .split(/[/\\]/)
    .at(-1) as string
  return Object.hasOwn(publishedCheckpoints, name) ? publishedCheckpoints[name] : undefined
}
