import { CascadeError, type Entry, schema } from '@cascade-diffusion/checks'
import { classifierFreeGuidance, withoutLabel } from '@cascade-diffusion/diffusion'
import type { GuidanceContext, GuidedModel } from './guided-model.ts'

/** Classifier-free guidance (Ho & Salimans 2022), of a stage that was trained with `labelDropout`: a JSON value. */
export interface ClassifierFreeConfig {
  readonly name: 'classifier-free'
  /** w: 0 ignores the class, 1 is the network as it is, above 1 guides. */
  readonly scale: number
  /**
   * The interval of noise inputs in which it guides, in the unit of the process's `noiseInput`. Default: everywhere.
   */
  readonly interval?: readonly [low: number, high: number]
}

/** The entry of the table. */
export const classifierFree: Entry<ClassifierFreeConfig, GuidedModel, [GuidanceContext]> = {
  name: 'classifier-free',
  schema: schema.record<ClassifierFreeConfig>({
    name: schema.oneOf(['classifier-free']),
    scale: schema.number(),
    interval: schema.optional(schema.interval()),
  }),
  make({ scale, interval }, { stage: { name, labelDropout }, network, processX0 }) {
    if (labelDropout === 0)
      throw new CascadeError(
        'input',
        `stage '${name}': expected a stage that was trained with labelDropout for guidance, got one without`,
      )
    const guided = classifierFreeGuidance(network, { scale, interval, unconditional: withoutLabel() })
    return { network: guided, processX0 }
  },
}
