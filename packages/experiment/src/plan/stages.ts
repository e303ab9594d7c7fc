import { baseStage, type Stage, superResolutionStage } from '@cascade-diffusion/cascade'
import type { ExperimentData } from '../data/data.ts'
import type { CascadePlan } from './cascade-plan.ts'

/** The stages of a plan, for the channels and the classes of the data. */
export function stagesOf({ stages }: Pick<CascadePlan, 'stages'>, { train }: Pick<ExperimentData, 'train'>): Stage[] {
  const ofData = (conditional = true) => ({
    imageChannels: train.channels,
    classNames: conditional ? train.classNames : undefined,
  })
  const [{ training, sampling, conditional, ...base }, ...others] = stages
  return [
    baseStage({ ...base, ...ofData(conditional) }),
    ...others.map(({ training, sampling, conditional, levels, ways, ...stage }, i) =>
      superResolutionStage({ ...stage, ...ofData(conditional), lowResolution: stages[i]!.resolution }),
    ),
  ]
}
