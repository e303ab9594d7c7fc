import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReportSection } from '@cascade-diffusion/reports'
import { readGrids } from '../log/sample-grids.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'

/** The grids of samples of a stage, over its training. */
export interface StageGrids {
  readonly stage: string
  readonly grids: readonly { readonly step: number; readonly png: Uint8Array }[]
}

/** Grids of a stage on a page, at most, and their bytes. */
const MOST = 6
const MOST_BYTES = 2 ** 22

/**
 * The grids of a run, some of each stage that has any: the last and others before it at even distances.
 * @param folder of the samples.
 */
export async function stageGrids(folder: string, { stages }: Pick<CascadePlan, 'stages'>): Promise<StageGrids[]> {
  const read: StageGrids[] = []
  for (const { name } of stages) {
    const files = readGrids(join(folder, name))
    const last = files.at(-1)
    if (!last) continue
    const { length } = await readFile(last.path)
    const n = Math.min(files.length, MOST, Math.max(2, Math.floor(MOST_BYTES / length)))
    const chosen = Array.from({ length: n }, (_, i) => files[Math.round(((i + 1) * files.length) / n) - 1]!)
    const grids = chosen.map(async ({ step, path }) => ({ step, png: await readFile(path) }))
    read.push({ stage: name, grids: await Promise.all(grids) })
  }
  return read
}

/** A section for each stage. */
export const gridSections = (
  { stages }: Pick<CascadePlan, 'stages'>,
  read: readonly StageGrids[],
): readonly ReportSection[] =>
  read.map(({ stage, grids }) => {
    const { averages } = stages.find(({ name }) => name === stage)!.training
    const hasAverage = averages === undefined || Object.keys(averages).length > 0
    return {
      heading: `Samples over time: ${stage}`,
      text: stages[0].name === stage ? ofBase(hasAverage) : ofSuperResolution(hasAverage),
      images: grids.map(({ step, png }) => ({
        pngDataUri: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
        caption: `Step ${step}`,
      })),
    }
  })

const ofBase = (hasAverage: boolean): string =>
  hasAverage
    ? 'Above: samples of the weights. Below: of their average. All are from the same noise, in few steps.'
    : 'All are from the same noise, in few steps.'

const ofSuperResolution = (hasAverage: boolean): string =>
  `Rows, from the top: real test images at the low resolution, super-resolved by the weights${
    hasAverage ? ', by the average of the weights' : ''
  }, in few steps; and the real images at the high resolution.`
