import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { previousPath } from '@cascade-diffusion/training'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { EVALUATOR } from '../plan/check-plan.ts'

/** The pictures of a cascade in the folder of its run, without their ending. */
export const pictureNames = ['samples', 'process', 'real'] as const

/** The pictures of a cascade, as PNG files, by name. */
export type Pictures = Readonly<Record<(typeof pictureNames)[number], Uint8Array>>

/** The files and folders of a run. */
export const runFiles = (out: string) => ({
  /** The plan. */
  config: join(out, 'config.json'),
  checkpoints: join(out, 'checkpoints'),
  /** The cascade, as `saveCascade` writes it. */
  cascade: join(out, 'cascade'),
  /** Grids of samples of each stage, by step. */
  samples: join(out, 'samples'),
  /** A line for some steps of each model. */
  log: join(out, 'metrics.jsonl'),
  tensorboard: join(out, 'tensorboard'),
  /** The trials of a search, from which it resumes. */
  search: join(out, 'search'),
  /** The figures of the samples. */
  metrics: join(out, 'metrics.json'),
  report: join(out, 'report.html'),
  pictures: pictureNames.map((name) => join(out, `${name}.png`)),
  /** Images that are made, and hashes of files. */
  cache: join(out, 'cache'),
})

/** The folder of a run, and its plan. */
export interface PlaceOfRun {
  readonly out: string
  readonly plan: Pick<CascadePlan, 'name' | 'stages'>
}

/**
 * The file of a model's checkpoint: `checkpoints/MODEL.safetensors`; or that of an older version, if it is there, in a
 * folder by the plan's name, where the evaluator was called classifier.
 */
export function checkpointPath({ out, plan }: PlaceOfRun, model: string): string {
  const { checkpoints } = runFiles(out)
  const older = join(checkpoints, plan.name, `${model === EVALUATOR ? 'classifier' : model}.safetensors`)
  return [older, previousPath(older)].some(existsSync) ? older : join(checkpoints, `${model}.safetensors`)
}

/** The models of a run, in the order of their training. */
export const modelsOf = ({ stages }: Pick<CascadePlan, 'stages'>): readonly string[] => [
  EVALUATOR,
  ...stages.map(({ name }) => name),
]
