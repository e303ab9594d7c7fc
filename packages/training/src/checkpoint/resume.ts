import { existsSync } from 'node:fs'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type Checkpoint, type Description, differentShape, loadCheckpoint, previousPath } from './checkpoint.ts'
import { differences } from './differences.ts'

/** What a run must have in common with the checkpoint that it goes on from. */
export interface RunIdentity extends Description {
  readonly seed: number
  readonly optimizer: unknown
  /** What it remembers before its first step. */
  readonly memory?: Params<NDArray>
  /** Brings the description of an older version's checkpoint to today's form. */
  readonly migrate?: (described: Description) => Description
}

/**
 * The checkpoint to go on from: the one at `path`; or the one before it if a crash came while one took the other's
 * place; or undefined if there is none.
 * @throws if it cannot be used, or is of another run: the error lists the differences.
 */
export async function findCheckpoint(
  path: string,
  identity: RunIdentity,
  params: Params<NDArray>,
): Promise<Checkpoint | undefined> {
  const found = [path, previousPath(path)].find(existsSync)
  if (!found) return undefined
  const checkpoint = await loadCheckpoint(found)
  const { seed, optimizer } = checkpoint
  const { kind, config } = identity.migrate?.(checkpoint) ?? checkpoint
  const lines = [
    ...differences({ kind, seed, optimizer }, plain(pick(identity))),
    ...differences(config, plain(identity.config)),
  ]
  const advice = 'restore the settings to go on from it, or remove it or choose another path to begin anew'
  if (lines.length > 0)
    throw new CascadeError(
      'checkpoint',
      `checkpoint ${found} is of another run:\n${lines.map((line) => `  ${line}`).join('\n')}\n${advice}`,
    )
  const difference =
    differentShape(params, checkpoint.state.params) ?? differentShape(identity.memory ?? {}, checkpoint.memory ?? {})
  if (difference)
    throw new CascadeError('checkpoint', `checkpoint ${found} is of another model: ${difference}; ${advice}`)
  return checkpoint
}

const pick = ({ kind, seed, optimizer }: RunIdentity) => ({ kind, seed, optimizer })

/** As the value comes back from a file. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
