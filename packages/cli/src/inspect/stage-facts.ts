import type { StageDescription } from '@cascade-diffusion/cascade'
import { shownSize } from '@cascade-diffusion/data'
import { listed } from '../cascade/labels.ts'
import { presentStage } from '../cascade/present-stage.ts'
import { counted } from './found.ts'

/** What is known of a stage, in words and for programs. */
export interface StageFacts {
  readonly facts: Readonly<Record<string, string | undefined>>
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * A stage in words.
 * @param parameters the number of its weights.
 */
export function stageFacts(description: StageDescription, path: string, parameters: number): StageFacts {
  const described = presentStage(description, path)
  const { name, kind, imageChannels, classNames, labelDropout = 0, process, network, augmentation } = described
  const [size, low] = [described.resolution, described.lowResolution].map(
    (side) => side && shownSize(typeof side === 'number' ? [side, side] : side),
  )
  const dropout = labelDropout > 0 ? `, dropped at ${labelDropout}: guidance works` : ''
  return {
    facts: {
      stage: `'${name}', ${kind === 'base' ? 'a base' : 'a super-resolution stage'}`,
      images: `${low ? `${low} → ` : ''}${size}, ${counted(imageChannels, 'channel')}`,
      classes: classNames ? `${classNames.length}: ${listed(classNames)}${dropout}` : 'none',
      network: `${networkInWords(network)}, ${counted(parameters, 'parameter')}`,
      process: processInWords(process),
      augmentation: augmentation && augmentationInWords(augmentation),
    },
    json: { stage: described, parameters },
  }
}

/** `U-Net, 32 channels × (1, 2, 2)` */
export function networkInWords(network: unknown): string {
  const { baseChannels, channelMultipliers } = (network ?? {}) as {
    readonly baseChannels?: number
    readonly channelMultipliers?: readonly number[]
  }
  if (baseChannels === undefined) return 'custom network'
  return `U-Net, ${counted(baseChannels, 'channel')} × (${channelMultipliers?.join(', ')})`
}

interface AnyProcess {
  readonly schedule?: { readonly name?: string; readonly steps?: number }
  readonly prediction?: string
}

/** `cosine schedule of 1,000 steps, predicts epsilon` */
export function processInWords(process: unknown): string {
  const { schedule, prediction = 'epsilon' } = (process ?? {}) as AnyProcess
  const steps = schedule?.steps === undefined ? 'in continuous time' : `of ${counted(schedule.steps, 'step')}`
  return `${schedule?.name ?? 'custom'} schedule ${steps}, predicts ${prediction}`
}

function augmentationInWords(augmentation: object): string {
  const { name, maxLevel } = augmentation as { readonly name: string; readonly maxLevel?: number }
  return maxLevel === undefined ? name : `${name}, levels s up to ${maxLevel}`
}
