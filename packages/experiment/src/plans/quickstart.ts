import { checkInteger, checkOneOf, checkOptions } from '@cascade-diffusion/checks'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { dicebearPlan } from './dicebear.ts'
import { mnistPlan } from './mnist.ts'

/** What the quickstart can be run on. */
export type QuickstartDataset = 'mnist' | 'dicebear'

/** The plan of each data set. */
const plans: Readonly<Record<QuickstartDataset, (fast: boolean, seed: number) => CascadePlan>> = {
  mnist: mnistPlan,
  dicebear: dicebearPlan,
}

/** The names of the quickstart's data sets. */
export const quickstartDatasets = Object.keys(plans) as readonly QuickstartDataset[]

/** Options of {@link quickstartPlan}. */
export interface QuickstartOptions {
  readonly dataset: QuickstartDataset
  /** A rough picture in a fraction of the time. Default false. */
  readonly fast?: boolean
  /** Fixes weights, batches and noise. Default 0. */
  readonly seed?: number
}

/**
 * The quickstart: a small class-conditional cascade of two stages, learned in minutes on two cores.
 * @throws on another data set or an unknown option.
 */
export function quickstartPlan(options: QuickstartOptions): CascadePlan {
  checkOptions('quickstartPlan', options, { dataset: true, fast: true, seed: true })
  const { dataset, fast = false } = options
  const seed = checkInteger('quickstartPlan', 'a seed', options.seed ?? 0, { from: 0 })
  return plans[checkOneOf('quickstartPlan', 'a dataset', dataset, quickstartDatasets)](fast, seed)
}
