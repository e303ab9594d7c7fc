import { checkRoute, type Sampler } from '@cascade-diffusion/diffusion'
import { stageRoute } from '../sampling/stage/sampling-process.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import type { Stage } from '../stage/stage.ts'
import { type CascadeStage, isDiffusionStage } from './cascade.ts'
import { described, describedWeights, type Json } from './described.ts'

/**
 * What a stage is, apart from what is chosen after training. Weights are a digest; another program's images are known by
 * their name.
 */
export function identityOf(given: CascadeStage): Readonly<Record<string, Json>> {
  const { stage } = given
  return described(
    isDiffusionStage(given)
      ? { ...given.stage.description, weights: describedWeights(given.params) }
      : {
          kind: stage.kind,
          size: stage.size,
          imageChannels: stage.imageChannels,
          images: stage.kind === 'images' ? stage.images.name : undefined,
          method: stage.kind === 'resample' ? stage.method : undefined,
        },
  ) as Readonly<Record<string, Json>>
}

/** How a stage of a cascade is sampled; undefined if it is no diffusion model. */
export const samplingOf = (given: CascadeStage): Readonly<Record<string, Json>> | undefined =>
  isDiffusionStage(given) ? samplingAsJson(given.stage, given.sampling) : undefined

/**
 * How a stage is sampled. Of the weights of a classifier that guides it there is a digest; of a sampler or a schedule
 * that is a value, the numbers it computes with, since its code is no JSON.
 */
export function samplingAsJson(stage: Stage, choices: SamplingChoices): Readonly<Record<string, Json>> {
  const { guidance } = choices
  const weighted =
    guidance?.name === 'classifier'
      ? {
          ...guidance,
          classifier: {
            config: guidance.classifier.classifier.config,
            weights: describedWeights(guidance.classifier.params),
          },
        }
      : guidance
  return described({ ...choices, guidance: weighted, plan: plannedNumbers(stage, choices) }) as Readonly<
    Record<string, Json>
  >
}

/** The coefficients of every step. */
function plannedNumbers(stage: Stage, choices: SamplingChoices): Float64Array | undefined {
  if (!('plan' in choices.sampler || (choices.schedule && !('name' in choices.schedule)))) return undefined
  const { process, sampler, steps } = stageRoute(stage, choices)
  const numbers: number[] = []
  const plan: Sampler['plan'] = (transition) => {
    const evaluations = sampler.plan(transition)
    numbers.push(...evaluations.flatMap(({ c }) => Object.values(c)))
    return evaluations
  }
  checkRoute(process, { ...sampler, plan }, { steps, restarts: choices.restarts })
  return Float64Array.from(numbers)
}
