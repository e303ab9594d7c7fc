import type { StageSampling } from '@cascade-diffusion/cascade'
import type { ModelTraining } from '../plan/cascade-plan.ts'

/** The process of these plans. */
export const cosine = { schedule: { name: 'cosine', steps: 1000 } } as const

/** After short training, a prediction of v leaves the black background black, where one of ε leaves it grey. */
export const predictsV = { ...cosine, prediction: 'v' } as const

/** The first step of sampling, at 98 % of the process. At its very end x0 hardly follows from a prediction of ε. */
const first = 0.98 * (cosine.schedule.steps - 1)

/** DDIM with η = 1: fresh noise at every step corrects the errors that short training leaves in the first steps. */
export const sampling = (count: number): StageSampling => ({
  sampler: { name: 'ddim', eta: 1 },
  steps: { count, from: first, to: first / count },
})

/** The report's note on a fast plan. */
export const fastNote = 'This is the fast version: a rough picture. Without --fast the models are trained longer.'

/** Adam, with its rate along a cosine from `rate` to 0, and an average of the weights. */
export const training = (steps: number, batchSize: number, rate: number, decay = 0.995): ModelTraining => ({
  steps,
  batchSize,
  learningRate: { name: 'cosine', rate, warmup: 50 },
  averages: { ema: { decay } },
})
