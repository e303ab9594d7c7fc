import type { SamplingPlan } from '../plan/plan.ts'

/** The process of these plans. */
export const cosine = { schedule: { name: 'cosine', steps: 1000 } } as const

/** After short training, a prediction of v leaves the black background black, where one of ε leaves it grey. */
export const predictsV = { ...cosine, prediction: 'v' } as const

/** Where sampling starts: at 98 % of the process. At its very end an ε-prediction says next to nothing of the data. */
const first = 0.98 * (cosine.schedule.steps - 1)

/** DDIM with η = 1: fresh noise at every step corrects the errors that short training leaves in the first steps. */
export const sampling = (count: number): SamplingPlan => ({
  sampler: { name: 'ddim', eta: 1 },
  steps: { count, from: first, to: first / count },
})

/** What the report says of a fast plan. */
export const fastNote = 'This is the fast version: a rough picture. Without --fast the models are trained longer.'
