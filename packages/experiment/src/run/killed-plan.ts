import type { CascadePlan } from '../plan/cascade-plan.ts'
import { briefPlan } from '../tiny-plan.ts'

const often = { saveEvery: 3, sampleEvery: 6 }
const [base, ...upper] = briefPlan.stages

/** For tests: the brief plan, with checkpoints and grids of samples every few steps. */
export const killedPlan: CascadePlan = {
  ...briefPlan,
  stages: [
    { ...base, training: { ...base.training, ...often } },
    ...upper.map((stage) => ({ ...stage, training: { ...stage.training, ...often } })),
  ],
}
