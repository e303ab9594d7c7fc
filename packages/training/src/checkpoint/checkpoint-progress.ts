import { existsSync } from 'node:fs'
import { openCheckpoint } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { cannotBeUsed, previousPath } from './file.ts'

/** How far a run has come, by its checkpoint. */
export interface CheckpointProgress {
  /** The file that the run resumes from: `path`, or the one before it if a crash came while one took the other's place. */
  readonly path: string
  /** What was trained, in one word: `cascade stage`. */
  readonly kind: string
  /** Steps done. */
  readonly step: number
  /** The loss of each step done; NaN where the step was not taken. */
  readonly losses: Float32Array
}

/**
 * How far a run has come, without reading its weights; undefined if it has no checkpoint.
 * @throws if the file is not a checkpoint of training. Its weights are not verified.
 */
export async function checkpointProgress(path: string): Promise<CheckpointProgress | undefined> {
  const found = [path, previousPath(path)].find(existsSync)
  if (!found) return undefined
  try {
    return { path: found, ...(await described(found)) }
  } catch (cause) {
    throw await cannotBeUsed(found, cause)
  }
}

async function described(path: string): Promise<Omit<CheckpointProgress, 'path'>> {
  const file = await openCheckpoint(path)
  try {
    const { kind, step } = file.metadata
    const losses = file.names.includes('losses') ? (await file.read('losses')).data : undefined
    if (kind === undefined || step === undefined || !(losses instanceof Float32Array))
      throw new CascadeError('checkpoint', 'expected a training checkpoint, got other weights')
    return { kind, step: Number(step), losses }
  } finally {
    await file.close()
  }
}
