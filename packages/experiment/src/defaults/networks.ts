import type { StageUNetConfig } from '@cascade-diffusion/cascade'
import { type ImageSize, imageSize } from '@cascade-diffusion/data'
import type { Budget } from '../config/cascade-config.ts'
import type { Resolution } from './stage-sizes.ts'

/** A network before it is fitted to a resolution. */
interface NetworkSize extends Omit<StageUNetConfig, 'channelMultipliers' | 'attentionResolutions'> {
  readonly channelMultipliers: readonly number[]
  /** Heights in patches. */
  readonly attentionResolutions: readonly number[]
  /** The network works on at most that many patches along the shorter side. */
  readonly patches: number
}

const sizes: Readonly<Record<Exclude<Budget, 'paper'>, NetworkSize>> = {
  tiny: {
    baseChannels: 32,
    channelMultipliers: [1, 2, 2],
    residualBlocks: 1,
    attentionResolutions: [],
    normGroups: 8,
    patches: 32,
  },
  small: {
    baseChannels: 64,
    channelMultipliers: [1, 2, 2],
    residualBlocks: 2,
    attentionResolutions: [8],
    attentionHeads: 4,
    normGroups: 16,
    patches: 32,
  },
  base: {
    baseChannels: 128,
    channelMultipliers: [1, 2, 3, 4],
    residualBlocks: 2,
    attentionResolutions: [8, 16],
    attentionHeadChannels: 64,
    dropout: 0.1,
    patches: 64,
  },
}

/** The network of a budget at a resolution. */
export function networkOf(budget: Exclude<Budget, 'paper'>, resolution: Resolution): StageUNetConfig {
  const { patches, ...size } = sizes[budget]
  const [height, width] = imageSize('network', resolution)
  const patchSize = patchSizeFor([height, width], patches)
  return fitted(patchSize === 1 ? size : { ...size, patchSize }, resolution)
}

/** The least power of two that divides both sides and leaves at most `patches` along the shorter one. */
function patchSizeFor(size: ImageSize, patches: number): number {
  let patch = 1
  while (Math.min(...size) / patch > patches && size.every((side) => side % (2 * patch) === 0)) patch *= 2
  return patch
}

/** A network whose levels and attention fit a resolution: it halves at most as often as both sides do, down to 4 patches. */
export function fitted(network: StageUNetConfig, resolution: Resolution): StageUNetConfig {
  const { patchSize = 1, channelMultipliers, attentionResolutions } = network
  const [height, width] = imageSize('network', resolution).map((side) => side / patchSize) as [number, number]
  let levels = 1
  const halves = () => [height, width].every((side) => side % 2 ** levels === 0 && side / 2 ** levels >= 4)
  while (levels < channelMultipliers.length && halves()) levels++
  const heights = Array.from({ length: levels }, (_, level) => height / 2 ** level)
  const attends = attentionResolutions?.filter((at) => heights.includes(at))
  return {
    ...network,
    channelMultipliers: channelMultipliers.slice(0, levels),
    attentionResolutions: attends?.length ? attends : undefined,
  }
}
