import type { UNetConfig } from '@cascade-diffusion/unet'

/** Threads of each side. */
export const threads = 2

/** Improved DDPM's U-Net for 32×32 images: 7.28 M parameters. */
const improved = {
  resolution: 32,
  imageChannels: 3,
  baseChannels: 64,
  channelMultipliers: [1, 2, 2],
  residualBlocks: 2,
  attentionResolutions: [16, 8],
  attentionHeads: 4,
} as const satisfies UNetConfig

/**
 * A U-Net like ADM's for 64×64 images (Dhariwal & Nichol 2021), half as wide and a block shallower: 51.8 M parameters.
 */
const adm64 = {
  resolution: 64,
  imageChannels: 3,
  baseChannels: 96,
  channelMultipliers: [1, 2, 3, 4],
  residualBlocks: 2,
  attentionResolutions: [16, 8],
  attentionHeads: 4,
} as const satisfies UNetConfig

export const models = { improved, adm64 } as const satisfies Record<string, UNetConfig>

export type ModelName = keyof typeof models

/** A workload: a network, what is done with it, the number of images, and the calls in each turn. */
export interface Work {
  readonly name: string
  readonly model: ModelName
  /** `train-full` is a step of `trainer`, with the norm of the gradients and a moving average. */
  readonly kind: 'forward' | 'train' | 'train-full'
  readonly batch: number
  readonly warmup: number
  readonly calls: number
  /** Its share of the rounds, since some take long. */
  readonly share: number
}

// After the turn of the other side caches are cold and threads asleep, so short workloads take a call to warm up.
export const works: readonly Work[] = [
  { name: 'forward-b1', model: 'improved', kind: 'forward', batch: 1, warmup: 1, calls: 5, share: 1 },
  { name: 'forward-b8', model: 'improved', kind: 'forward', batch: 8, warmup: 1, calls: 2, share: 1 },
  { name: 'train-b8', model: 'improved', kind: 'train', batch: 8, warmup: 1, calls: 2, share: 1 },
  { name: 'train-b8-full', model: 'improved', kind: 'train-full', batch: 8, warmup: 1, calls: 2, share: 1 },
  { name: 'train-b32', model: 'improved', kind: 'train', batch: 32, warmup: 1, calls: 1, share: 1 / 2 },
  { name: 'adm64-forward-b1', model: 'adm64', kind: 'forward', batch: 1, warmup: 1, calls: 1, share: 1 },
  { name: 'adm64-forward-b8', model: 'adm64', kind: 'forward', batch: 8, warmup: 0, calls: 1, share: 1 / 2 },
  { name: 'adm64-train-b8', model: 'adm64', kind: 'train', batch: 8, warmup: 0, calls: 1, share: 1 / 3 },
]

/** The workloads of these names; all by default. @throws if there is no such name. */
export function worksNamed(names: readonly string[] | undefined, among: readonly Work[] = works): readonly Work[] {
  for (const name of names ?? [])
    if (!among.some((work) => work.name === name))
      throw new Error(`bench: expected a workload among ${among.map((work) => work.name).join(', ')}, got ${name}`)
  return among.filter(({ name }) => names?.includes(name) ?? true)
}

/** The arguments of the peer's network, as JSON. */
export function peerConfig({
  resolution,
  imageChannels,
  baseChannels,
  channelMultipliers,
  residualBlocks,
  attentionResolutions,
  attentionHeads,
}: (typeof models)[ModelName]): string {
  return JSON.stringify({
    in_channels: imageChannels,
    out_channels: imageChannels,
    base: baseChannels,
    multipliers: channelMultipliers,
    blocks: residualBlocks,
    attention: attentionResolutions.map((at) => resolution / at),
    heads: attentionHeads,
  })
}
