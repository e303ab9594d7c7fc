import type { Stage } from '@cascade-diffusion/cascade'
import { type CompleteUNetConfig, type LayerSummary, summary } from '@cascade-diffusion/unet'

/** The memory that a process needs for a stage on this machine's processors, in bytes. */
export interface MemoryEstimate {
  readonly training: number
  readonly sampling: number
}

/** Node.js, the engine and what they have compiled. */
const process = 330e6

/** Copies of the weights: themselves, gradients, Adam's moments, an average, and those that a checkpoint is made of. */
const copies = { training: 15.5, sampling: 10 }

/** Numbers that are kept for each that a layer gives: for the gradients in training, a few layers at a time in sampling. */
const kept = { training: 2.2, sampling: 0.6 }

/**
 * What training a stage and sampling it take, by the size of its U-Net: within about 30 % of the peaks that were measured. Undefined for a
 * custom network.
 * @param batchSize images of a step, or images sampled at a time.
 */
export function estimateMemory({ network }: Pick<Stage, 'network'>, batchSize: number): MemoryEstimate | undefined {
  const config = network.config as CompleteUNetConfig
  if (typeof config !== 'object' || config === null || !('channelMultipliers' in config)) return undefined
  const { layers, parameters } = summary(config)
  const outputs = layers.reduce((sum, layer) => sum + numbersOf(layer, config), 0)
  const of = (use: keyof MemoryEstimate) => process + 4 * (copies[use] * parameters + kept[use] * outputs * batchSize)
  return { training: of('training'), sampling: of('sampling') }
}

/** The numbers that a layer gives for one image; attention also has one for each pair of pixels and each head. */
function numbersOf({ kind, shape }: LayerSummary, config: CompleteUNetConfig): number {
  const given = shape.reduce((product, length) => product * length, 1)
  if (kind !== 'attention') return given
  const [height = 1, width = 1, channels = 1] = shape
  const { attentionHeadChannels, attentionHeads = 1 } = config
  const heads = attentionHeadChannels ? channels / attentionHeadChannels : attentionHeads
  return given + heads * (height * width) ** 2
}
