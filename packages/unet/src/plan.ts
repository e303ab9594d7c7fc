import { type CompleteUNetConfig, imageSize } from './config.ts'

/** A residual block with its name among the parameters, the channels it takes and gives, and whether attention follows. */
export interface ResidualStep {
  kind: 'residual'
  name: string
  from: number
  to: number
  attention: boolean
}

/** A change of resolution by 2, with a convolution. */
export interface ResampleStep {
  kind: 'downsample' | 'upsample'
  name: string
  channels: number
}

/**
 * The network laid out. The first convolution and each step down give a skip connection;
 * each residual block up takes the last one left, concatenated after its input.
 */
export interface Plan {
  /** Channels that the first convolution takes: for each pixel of a patch, the noisy image's, then the low-resolution image's. */
  inputChannels: number
  /** Width of the embeddings. */
  embedding: number
  down: (ResidualStep | ResampleStep)[]
  middle: readonly [ResidualStep, ResidualStep]
  up: (ResidualStep | ResampleStep)[]
}

/** Lays out the network. @throws if heads or groups do not divide the channels. */
export function planOf(config: CompleteUNetConfig): Plan {
  const { baseChannels, channelMultipliers, residualBlocks, attentionResolutions } = config
  const height = imageSize(config)[0] / config.patchSize
  const deepest = channelMultipliers.length - 1
  const attends = (level: number) => attentionResolutions.includes(height / 2 ** level)
  const skips = [baseChannels]
  let channels = baseChannels
  const residual = (name: string, from: number, to: number, attention: boolean): ResidualStep => {
    expectDivides('normGroups', config.normGroups, from, name)
    expectDivides('normGroups', config.normGroups, to, name)
    if (attention) expectDivides('attentionHeads', config.attentionHeads, to, name)
    channels = to
    return { kind: 'residual', name, from, to, attention }
  }

  const down: Plan['down'] = []
  channelMultipliers.forEach((multiplier, level) => {
    for (let i = 0; i < residualBlocks; i++) {
      down.push(residual(`down.${level}.${i}`, channels, multiplier * baseChannels, attends(level)))
      skips.push(channels)
    }
    if (level === deepest) return
    down.push({ kind: 'downsample', name: `down.${level}.resample`, channels })
    skips.push(channels)
  })
  const middle = [
    residual('middle.0', channels, channels, true),
    residual('middle.1', channels, channels, false),
  ] as const
  const up: Plan['up'] = []
  for (let level = deepest; level >= 0; level--) {
    for (let i = 0; i <= residualBlocks; i++) {
      const to = channelMultipliers[level]! * baseChannels
      up.push(residual(`up.${level}.${i}`, channels + skips.pop()!, to, attends(level)))
    }
    if (level > 0) up.push({ kind: 'upsample', name: `up.${level}.resample`, channels })
  }
  const inputChannels = config.patchSize ** 2 * (config.imageChannels + (config.lowRes?.channels ?? 0))
  return { inputChannels, embedding: 4 * baseChannels, down, middle, up }
}

function expectDivides(what: string, divisor: number, channels: number, name: string): void {
  if (channels % divisor !== 0)
    throw new Error(`unet: ${what} must divide the ${channels} channels of '${name}', got ${divisor}`)
}
