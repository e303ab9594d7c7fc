/**
 * Betas of schedules of diffusers that `schedules` lacks.
 * @param schedule its `beta_schedule`: `sigmoid`, `exp` or `laplace`; the result is undefined for others.
 */
export function namedBetas(schedule: string, steps: number, start: number, end: number): number[] | undefined {
  const named = alphaBars[schedule]
  if (named) return fromAlphaBar(named, steps)
  if (schedule !== 'sigmoid') return undefined
  // They rise as the logistic function does from -6 to 6 (GeoDiff, Xu et al. 2022).
  return Array.from(
    { length: steps },
    (_, t) => start + (end - start) / (1 + Math.exp(6 - (12 * t) / Math.max(steps - 1, 1))),
  )
}

/** ᾱ over the time 0 to 1, by the name of its schedule. */
const alphaBars: Readonly<Record<string, (t: number) => number>> = {
  exp: (t) => Math.exp(-12 * t),
  laplace: (t) => {
    const snr = Math.exp(-0.5 * (t > 0.5 ? -1 : 1) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6))
    return Math.sqrt(snr / (1 + snr))
  },
}

/** Betas of at most 0.999. */
const fromAlphaBar = (alphaBar: (t: number) => number, steps: number): number[] =>
  Array.from({ length: steps }, (_, t) => Math.min(1 - alphaBar((t + 1) / steps) / alphaBar(t / steps), 0.999))

/**
 * Betas of the same process with its signal-to-noise ratio divided by `scale` (CogVideoX, Yang et al. 2024): ᾱ' = ᾱ /
 * (scale + (1 - scale) ᾱ).
 */
export function shiftSnr(alphasCumprod: ArrayLike<number>, scale: number): number[] {
  const shifted = Array.from(alphasCumprod, (alphaBar) => alphaBar / (scale + (1 - scale) * alphaBar))
  return shifted.map((alphaBar, t) => 1 - alphaBar / (shifted[t - 1] ?? 1))
}
