import { baseStage, type Stage, superResolutionStage } from '@cascade-diffusion/cascade'
import type { ImageSource } from '@cascade-diffusion/data'
import type { CascadePlan } from './cascade-plan.ts'

/** The stages of a plan, for the channels and the classes of the data. */
export function stagesOf(
  { stages }: Pick<CascadePlan, 'stages'>,
  { train }: { readonly train: Pick<ImageSource, 'channels' | 'classNames'> },
): Stage[] {
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
