import { existsSync } from 'node:fs'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { mapParams, type TrainState } from '../step/state.ts'
import { type Checkpoint, type Description, differentTypes, loadCheckpoint, typeOf } from './checkpoint.ts'
import { differences } from './differences.ts'
import { previousPath } from './file.ts'
import { tensorsOf } from './names.ts'

/** What a run must have in common with the checkpoint that it resumes from. */
export interface RunIdentity extends Description {
  readonly seed: number
  readonly settings: unknown
  /** What its batches depend on before the first step. */
  readonly memory?: Params<NDArray>
  /** The state of its weights before the first step. */
  init(params: Params<NDArray>): TrainState<NDArray>
  /** Brings the description of a checkpoint of an earlier version to today's form. */
  readonly migrate?: (described: Description) => Description
}

/**
 * The checkpoint to resume from: the one at `path`; or the one before it if a crash came while one took the other's
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
  const { seed, settings } = checkpoint
  const { kind, config } = identity.migrate?.(checkpoint) ?? checkpoint
  const lines = [
    ...differences(compared({ kind, seed, settings }), plain(compared(identity))),
    ...differences(config, plain(identity.config)),
  ]
  const advice = 'restore the settings to resume from it, or remove it or choose another path to start over'
  if (lines.length > 0)
    throw new CascadeError(
      'checkpoint',
      `checkpoint ${found} is of another run:\n${lines.map((line) => `  ${line}`).join('\n')}\n${advice}`,
    )
  const difference =
    differentTypes(typesOf(params, identity), mapParams(tensorsOf(checkpoint.state), typeOf)) ??
    differentTypes(mapParams(identity.memory ?? {}, typeOf), mapParams(checkpoint.memory ?? {}, typeOf))
  if (difference)
    throw new CascadeError('checkpoint', `checkpoint ${found} is of another model: ${difference}; ${advice}`)
  return checkpoint
}

const compared = ({ kind, seed, settings }: Pick<RunIdentity, 'kind' | 'seed' | 'settings'>) => ({
  ...(settings as object),
  kind,
  seed,
})

/** The types of the state before the first step: one weight at a time, since a whole state takes memory. */
const typesOf = (params: Params<NDArray>, { init }: RunIdentity): Params<string> =>
  Object.assign(
    {},
    ...Object.entries(params).map(([name, array]) => mapParams(tensorsOf(init({ [name]: array })), typeOf)),
  )

/** As the value comes back from a file. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
