import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { DiffusionProcess, Schedule } from '../process/process.ts'
import { checkedEvaluations } from './check-sampler.ts'
import { type Level, type Levels, levels } from './level.ts'
import { checkedPath, type Route } from './path.ts'
import { checkedRestarts } from './restart.ts'
import type { Sampler } from './samplers/sampler.ts'

/** One step of a sampling run: from x_t to x_next. */
export interface PlannedStep {
  readonly t: number
  readonly next: number
  /** How many restarts came before it. */
  readonly pass: number
  /** Whether it forgets the history of the sampler. */
  readonly fresh: boolean
  /** The factors of the images and of noise, float32 [2], that noise the images up to t first if they are below it. */
  readonly added: NDArray<'float32'> | undefined
  /**
   * For each evaluation: noise input, alpha, sigma, then the sampler's coefficients; float32, rounded once from
   * float64.
   */
  readonly evaluations: readonly NDArray<'float32'>[]
}

/**
 * Computes everything that the steps of a run need, before the first step.
 * @throws if the steps are out of order or outside the process, or the sampler cannot take one.
 */
export function planRun(process: DiffusionProcess<Schedule>, sampler: Sampler, route: Route): PlannedStep[] {
  const scale = levels(process)
  const { stopped, whole } = checkedPath(process.schedule, scale, sampler, route)
  const restarts = checkedRestarts({ stopped, whole }, sampler, route.restarts ?? [])
  const pathTo = () => (restarts.some(({ at, left }) => left > 0 && !stopped.includes(at)) ? whole : stopped)
  const plan: PlannedStep[] = []
  let path = pathTo()
  let added = route.initialStep === undefined ? undefined : noiseBetween(scale.at(route.initialStep), path[0]!)
  let [begin, pass] = [0, 0]
  for (let i = 0; i < path.length - 1; i++) {
    const [now, next] = [path[i]!, path[i + 1]!]
    const before = path.slice(Math.max(begin, i - (sampler.history ?? 0)), i).reverse()
    const transition = { now, next, before, steps: path.length - 1, process, ofLambda: scale.ofLambda }
    const evaluations = checkedEvaluations(sampler, sampler.plan(transition)).map(({ at, c }) => {
      const coefficients = sampler.coefficients.map((name) => c[name]!)
      return numbersOf(scale, process, at, coefficients)
    })
    plan.push({ t: now.t, next: next.t, pass, fresh: i === begin, added, evaluations })
    added = undefined
    const restart = restarts.find(({ at, left }) => at.t === next.t && left > 0)
    if (!restart) continue
    restart.left--
    pass++
    path = pathTo()
    begin = path.findIndex(({ t }) => t === restart.to)
    added = noiseBetween(restart.at, path[begin]!)
    i = begin - 1
  }
  return plan
}

/**
 * Checks the steps of a run before there is a model.
 * @throws as a run would before its first step, if a step is out of order or outside the process, none is above the
 * stop, a restart does not fit, or the sampler cannot take a step.
 */
export function checkRoute(process: DiffusionProcess<Schedule>, sampler: Sampler, route: Route): void {
  planRun(process, sampler, route)
}

/**
 * The forward process q(x_to | x_t) between two noise levels: √(alpha_to² / alpha_t²) x_t + √(1 - alpha_to² / alpha_t²)
 * ε.
 */
function noiseBetween(from: Level, to: Level): NDArray<'float32'> | undefined {
  if (from.t === to.t) return undefined
  const signal = to.alpha / from.alpha
  return float32([signal, Math.sqrt(1 - signal ** 2)])
}

function numbersOf(scale: Levels, { prediction }: DiffusionProcess<Schedule>, at: Level, c: readonly number[]) {
  if (at.alpha === 0 && prediction === 'epsilon')
    throw new CascadeError('input', `sample: nothing of the data is left at timestep ${at.t} to predict from the noise`)
  return float32([scale.noiseInput(at), at.alpha, at.sigma, ...c])
}
