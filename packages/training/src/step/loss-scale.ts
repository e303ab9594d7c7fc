import { type Schema, schema } from '@cascade-diffusion/checks'

/** How the loss is scaled in float16. */
export interface LossScaling {
  /** The scale to begin with. Default 65536. */
  readonly initial?: number
  /** Steps in a row that are taken before the scale is doubled. Default 2000. */
  readonly growthInterval?: number
}

/** The schema of {@link LossScaling}. */
export const lossScalingSchema: Schema<LossScaling> = schema.record<LossScaling>({
  initial: schema.optional(schema.positive()),
  growthInterval: schema.optional(schema.integer({ from: 1 })),
})

/** The scale of the loss, and the number of steps in a row taken with it. */
export interface LossScale {
  readonly scale: number
  readonly taken: number
}

/** A larger scale would not make gradients more exact. */
const LARGEST = 2 ** 24

/** The scale before the first step. */
export const initialLossScale = ({ initial = 2 ** 16 }: LossScaling = {}): LossScale => ({ scale: initial, taken: 0 })

/**
 * The scale for the next step (Micikevicius et al. 2018, §3.2). It is halved, to not less than 1, after a step that was
 * not taken because a gradient or the loss was not finite. It is doubled, to not more than 2²⁴, after `growthInterval`
 * steps in a row that were taken.
 */
export function nextLossScale(
  { scale, taken }: LossScale,
  wasTaken: boolean,
  { growthInterval = 2000 }: LossScaling = {},
): LossScale {
  if (!wasTaken) return { scale: Math.max(scale / 2, 1), taken: 0 }
  if (taken + 1 < growthInterval) return { scale, taken: taken + 1 }
  return { scale: Math.min(scale * 2, LARGEST), taken: 0 }
}

/** The scale after steps with these losses, NaN for those that were not taken. */
export const lossScaleAfter = (losses: Float32Array, scaling: LossScaling): LossScale =>
  losses.reduce((state, loss) => nextLossScale(state, !Number.isNaN(loss), scaling), initialLossScale(scaling))
