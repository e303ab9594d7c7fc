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
  const path = checkedPath(process, sampler, route).map(scale.at)
  const restarts = checkedRestarts(path, sampler, route.restarts ?? [])
  const plan: PlannedStep[] = []
  let added = noiseBetween(route.initialStep, path[0]!, scale)
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
    const restart = restarts.find(({ at, left }) => at === next.t && left > 0)
    if (!restart) continue
    restart.left--
    pass++
    begin = path.findIndex(({ t }) => t === restart.to)
    added = noiseBetween(restart.at, path[begin]!, scale)
    i = begin - 1
  }
  return plan
}

/**
 * The forward process q(x_to | x_t) between two noise levels: √(alpha_to² / alpha_t²) x_t + √(1 - alpha_to² / alpha_t²)
 * ε.
 */
function noiseBetween(t: number | undefined, to: Level, scale: Levels): NDArray<'float32'> | undefined {
  if (t === undefined || t === to.t) return undefined
  const signal = to.alpha / scale.at(t).alpha
  return float32([signal, Math.sqrt(1 - signal ** 2)])
}

function numbersOf(scale: Levels, { prediction }: DiffusionProcess<Schedule>, at: Level, c: readonly number[]) {
  if (at.alpha === 0 && prediction === 'epsilon')
    throw new CascadeError('input', `sample: nothing of the data is left at timestep ${at.t} to predict from the noise`)
  return float32([scale.noiseInput(at.t), at.alpha, at.sigma, ...c])
}
