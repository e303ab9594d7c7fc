import { baseStage, type Stage, superResolutionStage } from '@cascade-diffusion/cascade'
import type { ExperimentData } from '../data/data.ts'
import type { ExperimentPlan } from './plan.ts'

/** The stages of a plan, for the channels and the classes of the data. */
export function stagesOf({ stages }: ExperimentPlan, { train }: Pick<ExperimentData, 'train'>): Stage[] {
  const images = { imageChannels: train.channels, classNames: train.classNames }
  const [base, ...others] = stages
  return [
    baseStage({ ...base.stage, ...images }),
    ...others.map(({ stage }, i) =>
      superResolutionStage({ ...stage, ...images, lowResolution: stages[i]!.stage.resolution }),
    ),
  ]
}
