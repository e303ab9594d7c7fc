import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { type NDArray, ndarray, type Params } from '@cascade-diffusion/arrays'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { CascadeError, checkOneOf, checkOptions } from '@cascade-diffusion/checks'
import { mapParams, type TrainState } from '../step/state.ts'
import { format, previousPath, readTraining, withSuffix } from './file.ts'
import { stateOf, tensorsOf, under } from './names.ts'

/** What a checkpoint says about itself. */
export interface Description {
  /** What was trained, in one word, for whoever finds the file: `super-resolution`. */
  readonly kind: string
  /**
   * Everything that is needed to build the model again, and to see that a resumed run is the same run: a JSON value.
   */
  readonly config: unknown
}

/** Everything that is needed to resume as if training had never stopped. */
export interface Checkpoint extends Description {
  /** Steps done. */
  readonly step: number
  readonly seed: number
  /**
   * How training runs, for comparison with a resumed run: optimiser, averages, learning rate, scale of the loss. A JSON
   * value.
   */
  readonly settings: unknown
  readonly state: TrainState<NDArray>
  /** The loss of each step done; NaN where the step was not taken. */
  readonly losses: Float32Array
  /** What batches depend on besides their step, if anything. */
  readonly memory?: Params<NDArray>
}

/**
 * Saves a checkpoint as a safetensors file, and the one that was at `path` under {@link previousPath}. At every instant
 * there is a whole checkpoint under one of the two names, whatever fails: the new file is complete and flushed to the
 * disk before either name changes.
 * @throws if a value of the state is not finite, or the file cannot be written; older files are untouched.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { kind, config, step, seed, settings, state, losses, memory = {} } = checkpoint
  const tensors = tensorsOf(state)
  for (const [name, { data }] of Object.entries(tensors))
    if (!(data as Float32Array).every(Number.isFinite))
      throw new CascadeError(
        'training',
        `checkpoint ${path} not saved: expected finite values in '${name}', got others; ` +
          'older checkpoints are untouched',
      )
  const rest = { ...mapNames(memory, (name) => `memory.${name}`), losses: ndarray(losses, [losses.length]) }
  const metadata = {
    format,
    kind,
    config: JSON.stringify(config),
    step: `${step}`,
    seed: `${seed}`,
    settings: JSON.stringify(settings),
    averages: JSON.stringify(Object.keys(state.averages)),
  }
  const next = withSuffix(path, 'next')
  await writeSafetensors(next, { ...tensors, ...rest }, metadata).catch((cause) => {
    throw new CascadeError('file', `checkpoint ${path} not saved: ${cause.message}; older checkpoints are untouched`, {
      cause,
    })
  })
  if (existsSync(path)) await rename(path, previousPath(path))
  await rename(next, path)
}

/**
 * Reads a checkpoint that {@link saveCheckpoint} wrote, of this version or an earlier one, and verifies it.
 * @throws if it is missing, corrupt or not a training checkpoint. The error says what it is, and which file to resume
 * from instead.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, ...described } = await readTraining(path)
  const { averages: _, ...description } = described
  const state = stateOf(tensors)
  for (const [name, average] of Object.entries(state.averages)) {
    const difference = differentShape(state.params, average)
    if (difference)
      throw new CascadeError(
        'checkpoint',
        `checkpoint ${path}: expected 'averages.${name}' like 'params', got ${difference}`,
      )
  }
  const losses = tensors.losses?.data
  if (!(losses instanceof Float32Array && losses.length === description.step))
    throw new CascadeError(
      'checkpoint',
      `checkpoint ${path}: expected ${description.step} losses, got ${losses?.length ?? 'none'}`,
    )
  const memory = under(tensors, 'memory')
  return { ...description, state, losses, ...(Object.keys(memory).length > 0 && { memory }) }
}

/** Options of {@link loadEma}. */
export interface LoadEmaOptions {
  /** The name of the moving average. Default: the first; the weights themselves if there are none. */
  readonly average?: string
}

/**
 * Reads what sampling needs from a checkpoint: averaged weights, and what the file says about itself.
 * @throws if there is no such average; and as {@link loadCheckpoint}.
 */
export async function loadEma(
  path: string,
  options: LoadEmaOptions = {},
): Promise<Description & { step: number; params: Params<NDArray> }> {
  checkOptions('loadEma', options, { average: true })
  const wanted = (averages: readonly string[]) => {
    const name = options.average ?? averages[0]
    return name === undefined ? 'params' : `averages.${name}`
  }
  const { tensors, kind, config, step, averages } = await readTraining(path, wanted)
  const { average } = options
  if (average !== undefined) checkOneOf(`checkpoint ${path}`, 'an average', average, averages)
  return { kind, config, step, params: under(tensors, wanted(averages)) }
}

const mapNames = <T>(record: Params<T>, rename: (name: string) => string): Params<T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]))

/**
 * The first name whose shape or type differs between two records, with what it is in the second; undefined if none
 * does.
 */
function differentShape(expected: Params<NDArray>, actual: Params<NDArray>): string | undefined {
  return differentTypes(mapParams(expected, typeOf), mapParams(actual, typeOf))
}

/** As {@link differentShape}, of shapes and types in words. */
export function differentTypes(expected: Params<string>, actual: Params<string>): string | undefined {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
  const name = names.find((name) => expected[name] !== actual[name])
  return name && `'${name}' ${actual[name] ?? 'absent'} instead of ${expected[name] ?? 'absent'}`
}

/** `float32 [3,2]` */
export const typeOf = ({ dtype, shape }: NDArray): string => `${dtype} [${shape}]`
