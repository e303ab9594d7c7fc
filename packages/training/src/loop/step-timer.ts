/** The pace of training. */
export interface Pace {
  readonly stepsPerSecond: number
  readonly secondsLeft: number
}

/**
 * Times steps: call it at the end of each, with the number of steps left. The first step, which compiles, counts only
 * until there is a second.
 * @param now a clock that never goes back, in milliseconds.
 */
export function stepTimer(now: () => number = () => performance.now()): (left: number) => Pace {
  const start = now()
  let first: number | undefined
  let later = 0
  return (left) => {
    const time = now()
    if (first === undefined) first = time
    else later++
    const [count, elapsed] = later === 0 ? [1, first - start] : [later, time - first]
    const stepsPerSecond = (1000 * count) / Math.max(elapsed, 1e-3)
    return { stepsPerSecond, secondsLeft: left / stepsPerSecond }
  }
}
