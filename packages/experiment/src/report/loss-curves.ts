import type { LoggedStep } from '../log/logged-step.ts'
import type { ModelState } from '../run/open-run.ts'

/** The losses of a model. */
export interface LossCurve {
  readonly name: string
  /** Steps done, of `steps`. */
  readonly step: number
  readonly steps: number
  readonly points: readonly (readonly [step: number, loss: number])[]
}

/** Points of a curve, about. */
const POINTS = 150

/** The curves of the models that were begun: by their checkpoints, or by the log where that is ahead of them. */
export function lossCurves({
  models,
  logged,
}: {
  readonly models: readonly Pick<ModelState, 'name' | 'step' | 'steps' | 'losses'>[]
  readonly logged: readonly LoggedStep[]
}): readonly LossCurve[] {
  return models.flatMap(({ name, step, steps, losses }) => {
    const lines = logged.filter(({ model }) => model === name)
    const ahead = lines.at(-1)
    if (ahead && ahead.step > step) return [{ name, step: ahead.step, steps, points: ofLines(lines) }]
    return step > 0 ? [{ name, step, steps, points: ofLosses(losses) }] : []
  })
}

/** Means over windows, as a long curve is noisy. */
function ofLosses(losses: Float32Array): [number, number][] {
  const window = Math.max(1, Math.floor(losses.length / POINTS))
  const points: [number, number][] = []
  for (let from = 0; from + window <= losses.length; from += window) {
    const finite = losses.subarray(from, from + window).filter(Number.isFinite)
    if (finite.length > 0) points.push([from + window, finite.reduce((a, b) => a + b, 0) / finite.length])
  }
  return points
}

/** The same of lines, each of which is a mean. */
function ofLines(lines: readonly LoggedStep[]): [number, number][] {
  const window = Math.max(1, Math.floor(lines.length / POINTS))
  const points: [number, number][] = []
  for (let from = 0; from + window <= lines.length; from += window) {
    const taken = lines.slice(from, from + window).flatMap(({ loss }) => loss ?? [])
    if (taken.length > 0) points.push([lines[from + window - 1]!.step, taken.reduce((a, b) => a + b, 0) / taken.length])
  }
  return points
}
