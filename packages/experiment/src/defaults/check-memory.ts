import { CascadeError } from '@cascade-diffusion/checks'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { stagesOf } from '../plan/stages.ts'
import type { DataFacts } from './data-facts.ts'
import { estimateMemory } from './estimate-memory.ts'

/**
 * Compares the memory that the stages of a plan need with that of the machine, before anything is trained.
 * @param names of the stages that are to be trained. Default: all.
 * @throws of code `input`, with what to do, if the estimate for training one is beyond it.
 */
export function checkMemory(
  plan: Pick<CascadePlan, 'stages'>,
  facts: Pick<DataFacts, 'channels' | 'classNames'>,
  { memoryBytes, stages: names }: { readonly memoryBytes: number; readonly stages?: readonly string[] },
): void {
  const stages = stagesOf(plan, { train: facts })
  for (const [i, stage] of stages.entries()) {
    if (names && !names.includes(stage.name)) continue
    const { batchSize } = plan.stages[i]!.training
    const needed = (batch: number) => estimateMemory(stage, batch)?.training ?? 0
    if (needed(batchSize) <= memoryBytes) continue
    const smaller = smallerBatch(batchSize, (batch) => needed(batch) <= memoryBytes)
    const remedy = smaller
      ? `a batchSize of ${smaller} needs ${inGiB(needed(smaller))}`
      : 'not even one image at a time fits: choose a smaller network or resolution'
    throw new CascadeError(
      'input',
      `stage '${stage.name}': expected training that fits in ${inGiB(memoryBytes)} of memory, got a batchSize of ${batchSize} ` +
        `that needs about ${inGiB(needed(batchSize))}; ${remedy}`,
    )
  }
}

/** The greatest half, quarter, … of a batch that fits. */
function smallerBatch(batchSize: number, fits: (batch: number) => boolean): number | undefined {
  for (let batch = Math.floor(batchSize / 2); batch >= 1; batch = Math.floor(batch / 2)) if (fits(batch)) return batch
  return undefined
}

const inGiB = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
