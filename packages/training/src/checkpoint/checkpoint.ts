import { existsSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import type { Params } from '@cascade-diffusion/arrays'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { readSafetensors, type Safetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { mapParams, stateParts, type TrainState } from '../step/params.ts'

/** What a checkpoint says about itself. */
export interface Description {
  /** What was trained, for whoever finds the file: a word of the caller's, such as `super-resolution`. */
  readonly kind: string
  /** Everything that is needed to build the model again, and to see that a resumed run is the same run: a JSON value. */
  readonly config: unknown
}

/** Everything that is needed to go on as if training had never stopped. */
export interface Checkpoint extends Description {
  /** Steps done. */
  readonly step: number
  readonly seed: number
  /** The settings of the optimizer: a JSON value. */
  readonly optimizer: unknown
  readonly state: TrainState<NDArray>
  /** The loss of each step done; NaN where the step was not taken. */
  readonly losses: Float32Array
  /** What training remembers of its batches besides, if anything. */
  readonly memory?: Params<NDArray>
}

const format = 'cascade-diffusion training 1'

const withSuffix = (path: string, suffix: string): string =>
  `${path.replace(/\.safetensors$/, '')}.${suffix}.safetensors`

/** Where {@link saveCheckpoint} keeps the checkpoint before the one at `path`: `model.previous.safetensors` for `model.safetensors`. */
export const previousPath = (path: string): string => withSuffix(path, 'previous')

/**
 * Saves a checkpoint as a safetensors file, and the one that was at `path` under {@link previousPath}. At every instant
 * there is a whole checkpoint under one of the two names, whatever fails: the new file is complete and flushed to the
 * disk before either name changes.
 * @throws if a value of the weights or their average is not finite, or the file cannot be written; older files are untouched.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { kind, config, step, seed, optimizer, state, losses, memory = {} } = checkpoint
  const tensors: Record<string, NDArray> = {}
  for (const part of stateParts)
    for (const [name, array] of Object.entries(state[part])) {
      if (!(array.data as Float32Array).every(Number.isFinite))
        throw new CascadeError(
          'checkpoint',
          `checkpoint ${path} not saved: expected finite values, '${part}.${name}' has others; older checkpoints are untouched`,
        )
      tensors[`${part}.${name}`] = array
    }
  for (const [name, array] of Object.entries(memory)) tensors[`memory.${name}`] = array
  tensors.losses = ndarray(losses, [losses.length])
  const numbers = { step: `${step}`, seed: `${seed}`, optimizer: JSON.stringify(optimizer) }
  const metadata = { format, kind, config: JSON.stringify(config), ...numbers }
  const next = withSuffix(path, 'next')
  await writeSafetensors(next, tensors, metadata).catch((cause) => {
    throw new CascadeError(
      'checkpoint',
      `checkpoint ${path} not saved: ${cause.message}; older checkpoints are untouched`,
      { cause },
    )
  })
  if (existsSync(path)) await rename(path, previousPath(path))
  await rename(next, path)
}

/**
 * Reads a checkpoint that {@link saveCheckpoint} wrote and verifies it.
 * @throws if it is missing, corrupt or not a training checkpoint; the error says what it is, and which file to go on from instead.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await read(path)
  const state = {
    params: part(tensors, 'params'),
    ema: part(tensors, 'ema'),
    m: part(tensors, 'm'),
    v: part(tensors, 'v'),
  }
  for (const key of stateParts) {
    const difference = differentShape(state.params, state[key])
    if (difference)
      throw new CascadeError('checkpoint', `checkpoint ${path}: expected '${key}' like 'params', got ${difference}`)
  }
  const losses = tensors.losses?.data
  const described = describe(path, metadata)
  if (!(losses instanceof Float32Array && losses.length === described.step))
    throw new CascadeError(
      'checkpoint',
      `checkpoint ${path}: expected ${described.step} losses, got ${losses?.length ?? 'none'}`,
    )
  const memory = part(tensors, 'memory')
  return { ...described, state, losses, ...(Object.keys(memory).length > 0 && { memory }) }
}

/**
 * Reads what sampling needs from a checkpoint: the averaged weights, and what the file says about itself.
 * @throws as {@link loadCheckpoint}.
 */
export async function loadEma(path: string): Promise<Description & { step: number; params: Params<NDArray> }> {
  const { tensors, metadata } = await read(path, (name) => name.startsWith('ema.'))
  const { kind, config, step } = describe(path, metadata)
  return { kind, config, step, params: part(tensors, 'ema') }
}

async function read(path: string, keep?: (name: string) => boolean): Promise<Safetensors> {
  if (typeof path !== 'string') throw new CascadeError('checkpoint', `checkpoint: expected a path, got ${shown(path)}`)
  try {
    const file = await readSafetensors(path, { keep })
    if (file.metadata.format !== format)
      throw new CascadeError('checkpoint', `expected a training checkpoint, got ${kindOf(file.metadata)}`)
    return file
  } catch (cause) {
    // The path is named already.
    const message = (cause as Error).message.replace(`safetensors ${path}: `, '').replace(`${path}: `, '')
    throw new CascadeError('checkpoint', `checkpoint ${path} cannot be used: ${message}${await adviceOn(path)}`, {
      cause,
    })
  }
}

/** What a sound safetensors file is instead. */
function kindOf({ format }: Readonly<Record<string, string>>): string {
  if (format === undefined) return 'a file of weights alone'
  return format.startsWith('cascade-diffusion ')
    ? `an exported file ('${format}'), which fromPretrained reads, and which has nothing to go on training from`
    : `a file of weights of the format '${format}'`
}

/** How to go on if a checkpoint cannot be used. Only a checkpoint of ours that is damaged may be removed. */
async function adviceOn(path: string): Promise<string> {
  const previous = previousPath(path)
  if (existsSync(previous))
    return `; the checkpoint before it is ${previous}: rename that to ${path} to go on from there`
  if (!existsSync(path)) return ''
  return (await isOurs(path))
    ? '; there is no older one beside it; remove it to begin anew'
    : '; it is no checkpoint of training: choose another path'
}

/** Our format's name stands near the beginning of the file. */
const formatBytes = 1000

/** Whether a file is one of ours, even if it is damaged. */
async function isOurs(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(formatBytes), 0, formatBytes, 0)
      return Buffer.from(buffer.subarray(0, bytesRead)).includes(`"format":${JSON.stringify(format)}`)
    } finally {
      await file.close()
    }
  } catch {
    return false
  }
}

function describe(
  path: string,
  metadata: Readonly<Record<string, string>>,
): Omit<Checkpoint, 'state' | 'losses' | 'memory'> {
  const { kind = '', config = 'null', optimizer = 'null' } = metadata
  const step = Number(metadata.step)
  const seed = Number(metadata.seed)
  if (!Number.isSafeInteger(step) || step < 0 || !Number.isSafeInteger(seed))
    throw new CascadeError(
      'checkpoint',
      `checkpoint ${path}: expected a step and a seed, got '${metadata.step}', '${metadata.seed}'`,
    )
  const parse = (what: string, text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new CascadeError(
        'checkpoint',
        `checkpoint ${path}: expected its ${what} as JSON, got '${text.slice(0, 60)}'`,
        { cause },
      )
    }
  }
  return { kind, config: parse('config', config), step, seed, optimizer: parse('optimizer', optimizer) }
}

const part = (tensors: Params<NDArray>, key: string): Params<NDArray> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, a]) =>
      name.startsWith(`${key}.`) ? [[name.slice(key.length + 1), a]] : [],
    ),
  )

/** The first name whose shape or type differs between two records, with what it is in the second; undefined if none does. */
export function differentShape(expected: Params<NDArray>, actual: Params<NDArray>): string | undefined {
  const shapes = (params: Params<NDArray>) => mapParams(params, ({ dtype, shape }) => `${dtype} [${shape}]`)
  const [a, b] = [shapes(expected), shapes(actual)]
  const name = [...new Set([...Object.keys(a), ...Object.keys(b)])].find((name) => a[name] !== b[name])
  return name && `'${name}' ${b[name] ?? 'absent'} instead of ${a[name] ?? 'absent'}`
}
