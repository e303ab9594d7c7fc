import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { type Rng, rng } from '@cascade-diffusion/random'
import { posteriorBetween } from './distributions/posterior.ts'
import { flow, mixtureNetwork, mixtureProcess } from './mixture-fixture.ts'
import { keepX0 } from './model/process-x0.ts'
import { createSampler } from './sampling/driver.ts'
import type { Sampler } from './sampling/samplers/sampler.ts'

const images = 32
const shape = [images, 1, 1, 2]
/** λ from -4.5 to 4.5; both ends belong to the process. */
const times = (steps: number) => Array.from({ length: steps }, (_, i) => 1 - i / steps)
const levelAt = (t: number) => ({ alpha: mixtureProcess.schedule.alpha(t), sigma: mixtureProcess.schedule.sigma(t) })
const initial = rng(11).normal(shape)

async function run(sampler: Sampler, steps: number, noise: Rng): Promise<NDArray<'float32'>> {
  const model = createSampler({
    network: mixtureNetwork,
    process: mixtureProcess,
    sampler,
    compile: eager,
    processX0: keepX0,
  })
  return model.sample({ shape, condition: undefined, rng: noise, initial, steps: times(steps), stop: 0 })
}

let exact: number[] | undefined
/** The images at the end of the exact flow. */
const exactFlow = () =>
  (exact ??= Array.from({ length: images }, (_, i) =>
    flow([initial.data[2 * i]!, initial.data[2 * i + 1]!], -4.5, 4.5),
  ).flat())

/** The root mean square distance of a deterministic sampler's images from the exact flow's. */
export const flowError = async (sampler: Sampler, steps: number): Promise<number> =>
  rootMeanSquare((await run(sampler, steps, rng(1))).data, exactFlow())

const fineSteps = 1024
let fine: { sampler: Sampler; sample: Promise<NDArray<'float32'>> } | undefined

/**
 * The strong error of a stochastic sampler: the median distance of its images from those that it makes of the same
 * Brownian motion in `fineSteps` steps. (The mean would depend on the few that end in another component.) For samplers
 * whose noise is that of the posterior.
 */
export async function pathError(sampler: Sampler, steps: number): Promise<number> {
  if (fine?.sampler !== sampler) fine = { sampler, sample: run(sampler, fineSteps, brownian(fineSteps)) }
  return medianDistance((await run(sampler, steps, brownian(steps))).data, (await fine.sample).data)
}

/** The noise of the steps of a run: the sum of that of the fine steps within each, for a constant x0. */
function brownian(steps: number): Rng {
  const fineNoise = (i: number) => rng(5).fold(i).normal(shape).data
  const stride = fineSteps / steps
  const noiseOf = (t: number): NDArray<'float32'> => {
    const begin = Math.round((1 - t) * fineSteps)
    const sum = new Float64Array(2 * images)
    for (let i = begin; i < begin + stride; i++) {
      const { xt, small } = posteriorBetween(levelAt(1 - i / fineSteps), levelAt(1 - (i + 1) / fineSteps))
      const noise = fineNoise(i)
      for (let j = 0; j < sum.length; j++) sum[j] = xt * sum[j]! + Math.sqrt(small) * noise[j]!
    }
    const { small } = posteriorBetween(levelAt(t), levelAt(t - 1 / steps))
    return ndarray(
      Float32Array.from(sum, (v) => v / Math.sqrt(small)),
      shape,
    )
  }
  return { ...rng(0), fold: () => ({ ...rng(0), fold: (t) => ({ ...rng(0), normal: () => noiseOf(Number(t)) }) }) }
}

function rootMeanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum / a.length)
}

function medianDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const distances = Array.from({ length: images }, (_, i) =>
    Math.hypot(a[2 * i]! - b[2 * i]!, a[2 * i + 1]! - b[2 * i + 1]!),
  )
  return distances.sort((x, y) => x - y)[images / 2]!
}
