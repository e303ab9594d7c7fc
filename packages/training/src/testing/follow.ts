import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import type { GradientTransformation } from '../optimizers/transformation.ts'
import type { TrainState } from '../step/state.ts'
import { updater } from '../step/updater.ts'

/** The state after updates of one parameter, `x`, by given gradients: without clipping and averages. */
export async function follow(
  optimizer: GradientTransformation,
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  learningRate: number,
): Promise<TrainState<NDArray>> {
  const { init, update, scalars } = updater({ optimizer, clipNorm: Number.POSITIVE_INFINITY, averages: {} })
  const step = eager(update)
  let state = init({ x: float32(start) })
  for (const [t, gradient] of gradients.entries())
    state = await step(state, { x: float32(gradient) }, scalars({ t, learningRate, gradNorm: Math.hypot(...gradient) }))
  return state
}
