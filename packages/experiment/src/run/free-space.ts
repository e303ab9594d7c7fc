import { statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { TrainedStage } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { previousPath } from '@cascade-diffusion/training'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { checkpointPath, type PlaceOfRun } from './run-files.ts'

/** Pictures, reports and logs. */
const small = 32 * 2 ** 20

/**
 * Checks, before any work is done, that a disk has room for a run: for a checkpoint of each stage, two more of the
 * largest while it is replaced, and the cascade.
 * @throws of code `file` if it has not.
 */
export async function checkSpace(
  { out, plan }: PlaceOfRun & { readonly plan: CascadePlan },
  stages: readonly TrainedStage[],
): Promise<void> {
  const weights = stages.map(({ params }) => Object.values(params).reduce((sum, { data }) => sum + data.byteLength, 0))
  // The weights, their averages, and two slots of an optimiser such as Adam.
  const files = weights.map(
    (bytes, i) => bytes * (3 + Object.keys(plan.stages[i]!.training.averages ?? { ema: {} }).length),
  )
  const there = stages.flatMap(({ stage }) => {
    const path = checkpointPath({ out, plan }, stage.name)
    return [path, previousPath(path)].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
  })
  await expectSpace(out, total(files) + 2 * Math.max(...files) + 2 * total(weights) + small - total(there))
}

/** @throws unless so many bytes can be written to the disk of a folder. */
export async function expectSpace(out: string, bytes: number): Promise<void> {
  const found = await statfs(out).catch(() => undefined)
  const free = found ? found.bavail * found.bsize : Number.POSITIVE_INFINITY
  if (free < bytes)
    throw new CascadeError(
      'file',
      `${out}: expected ${gigabytes(bytes)} of free space for checkpoints, got ${gigabytes(free)}: free some, or choose a folder on another disk`,
    )
}

const total = (bytes: readonly number[]): number => bytes.reduce((sum, each) => sum + each, 0)

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`
