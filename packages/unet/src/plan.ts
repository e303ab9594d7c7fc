import { CascadeError } from '@cascade-diffusion/checks'
import { levelHeights, resamplingOf } from './config/complete-config.ts'
import type { CompleteUNetConfig } from './config/config.ts'

/** A residual block: its name among the parameters, and its input and output channels. */
export interface ResidualStep {
  kind: 'residual'
  name: string
  /** Its number among the residual blocks of the network, from 0. */
  index: number
  from: number
  to: number
  /** Factor of the sums that end the block and its attention. */
  scale: number
  /** The attention after the block: its heads, and whether it starts with a normalisation. */
  attention?: { heads: number; norm: boolean }
  /** Present if the block changes the resolution by 2. */
  resample?: 'down' | 'up'
}

/** A change of the resolution by 2, with a convolution or without. */
export interface ResampleStep {
  kind: 'downsample' | 'upsample'
  name: string
  channels: number
  conv: boolean
}

/** A step on the way down or up. */
export type Step = ResidualStep | ResampleStep

/**
 * The layout of a network. The first convolution and each step down leave a skip connection. Each residual block on the
 * way up that keeps the resolution takes the last one left, concatenated to its input.
 */
export interface NetworkPlan {
  /**
   * Input channels of the first convolution: for each pixel of a patch those of the noisy image, then those of the
   * low-resolution image.
   */
  inputChannels: number
  /** Width of the embeddings. */
  embedding: number
  down: Step[]
  middle: readonly [ResidualStep, ResidualStep]
  up: Step[]
  /** Input channels of the last convolution. */
  last: number
}

/** The layout of a network. @throws if heads or groups do not divide the channels. */
export function planOf(config: CompleteUNetConfig): NetworkPlan {
  const { baseChannels, channelMultipliers, residualBlocks, attentionResolutions } = config
  const deepest = channelMultipliers.length - 1
  const heights = levelHeights(config)
  const attends = (level: number) => attentionResolutions.includes(heights[level]!)
  const channelsAt = (level: number) => channelMultipliers[level]! * baseChannels
  const skips = [config.firstChannels]
  let channels = config.firstChannels
  let blocks = 0

  const residual = (
    name: string,
    from: number,
    to: number,
    attention?: 'attentionHeads' | 'attentionHeadsUp',
  ): ResidualStep => {
    expectDivides('normGroups', config.normGroups, from, name)
    expectDivides('normGroups', config.normGroups, to, name)
    channels = to
    const step: ResidualStep = { kind: 'residual', name, index: blocks++, from, to, scale: config.residualScale }
    return attention ? { ...step, attention: { heads: headsOf(config, attention, to, name), norm: true } } : step
  }
  const resample = (kind: ResampleStep['kind'], name: string, level: number): Step => {
    const way = kind === 'downsample' ? 'down' : 'up'
    const how = resamplingOf(config, way, level)
    if (how === 'residual') return { ...residual(name, channels, channels), resample: way }
    return { kind, name, channels, conv: how === 'conv' }
  }

  const down: Step[] = []
  for (let level = 0; level <= deepest; level++) {
    for (let i = 0; i < residualBlocks; i++) {
      const heads = attends(level) ? 'attentionHeads' : undefined
      down.push(residual(`down.${level}.${i}`, channels, channelsAt(level), heads))
      skips.push(channels)
    }
    if (level === deepest) continue
    down.push(resample('downsample', `down.${level}.resample`, level))
    skips.push(channels)
  }
  const middle = [
    middleStep(config, residual('middle.0', channels, channels, config.middleAttention ? 'attentionHeads' : undefined)),
    middleStep(config, residual('middle.1', channels, channels)),
  ] as const
  const up: Step[] = []
  for (let level = deepest; level >= 0; level--) {
    for (let i = 0; i <= residualBlocks; i++) {
      const heads = attends(level) ? 'attentionHeadsUp' : undefined
      up.push(residual(`up.${level}.${i}`, channels + skips.pop()!, channelsAt(level), heads))
    }
    if (level > 0) up.push(resample('upsample', `up.${level}.resample`, level - 1))
  }
  const inputChannels = config.patchSize ** 2 * (config.imageChannels + (config.lowRes?.channels ?? 0))
  return { inputChannels, embedding: 4 * baseChannels, down, middle, up, last: channels }
}

function middleStep({ middleResidualScale, middleAttentionNorm }: CompleteUNetConfig, step: ResidualStep) {
  const attention = step.attention && { ...step.attention, norm: middleAttentionNorm }
  return { ...step, scale: middleResidualScale, ...(attention && { attention }) }
}

/** Heads of an attention layer with n channels. */
function headsOf(
  config: CompleteUNetConfig,
  field: 'attentionHeads' | 'attentionHeadsUp',
  channels: number,
  name: string,
): number {
  if (config.attentionHeadChannels !== undefined) {
    expectDivides('attentionHeadChannels', config.attentionHeadChannels, channels, name)
    return channels / config.attentionHeadChannels
  }
  const heads = config[field] as number
  expectDivides(field, heads, channels, name)
  return heads
}

function expectDivides(what: string, divisor: number, channels: number, name: string): void {
  if (channels % divisor !== 0)
    throw new CascadeError(
      'input',
      `unet: expected ${what} to divide the ${channels} channels of '${name}', got ${divisor}`,
    )
}
