import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { readSafetensors } from '@cascade-diffusion/checkpoints'
import { CascadeError, parseConfig, schema, shown } from '@cascade-diffusion/checks'
import { format1, nameFrom1, settingsFrom1, tensorsFrom1 } from './form-1.ts'

/** What files of training say of their format. */
export const format = 'cascade-diffusion training 2'

const formats: readonly (string | undefined)[] = [format, format1]

/** The path with a word before its ending. */
export const withSuffix = (path: string, suffix: string): string =>
  `${path.replace(/\.safetensors$/, '')}.${suffix}.safetensors`

/**
 * Where `saveCheckpoint` keeps the checkpoint before the one at `path`: `model.previous.safetensors` for
 * `model.safetensors`.
 */
export const previousPath = (path: string): string => withSuffix(path, 'previous')

/** What a file of training holds. */
export interface TrainingFile {
  readonly kind: string
  readonly config: unknown
  readonly step: number
  readonly seed: number
  readonly settings: unknown
  /** The names of its moving averages, in order. */
  readonly averages: readonly string[]
  readonly tensors: Params<NDArray>
}

/**
 * Reads a file of training of any version and verifies it.
 * @param wanted the path of the tensors to keep in memory, such as `averages.ema`, by the names of the averages.
 * Default: all.
 * @throws if it is missing, corrupt or not a training checkpoint. The error says what it is, and which file to resume
 * from instead.
 */
export async function readTraining(
  path: string,
  wanted?: (averages: readonly string[]) => string,
): Promise<TrainingFile> {
  if (typeof path !== 'string') throw new CascadeError('input', `checkpoint: expected a path, got ${shown(path)}`)
  try {
    const { tensors, metadata } = await readSafetensors(path, {
      keep: (name, metadata) => !wanted || nameNow(name, metadata).startsWith(`${wanted(averagesOf(metadata))}.`),
    })
    if (!formats.includes(metadata.format))
      throw new CascadeError('checkpoint', `expected a training checkpoint, got ${kindOf(metadata)}`)
    const is1 = metadata.format === format1
    return { ...described(metadata), averages: averagesOf(metadata), tensors: is1 ? tensorsFrom1(tensors) : tensors }
  } catch (cause) {
    throw await cannotBeUsed(path, cause)
  }
}

/** The error of a file that is missing, corrupt or not a checkpoint of training: it says why, and what to do. */
export async function cannotBeUsed(path: string, cause: unknown): Promise<CascadeError> {
  // The path is named already.
  const message = (cause as Error).message.replace(`safetensors ${path}: `, '').replace(`${path}: `, '')
  return new CascadeError('checkpoint', `checkpoint ${path} cannot be used: ${message}${await adviceOn(path)}`, {
    cause,
  })
}

type Metadata = Readonly<Record<string, string>>

const nameNow = (name: string, { format }: Metadata): string => (format === format1 ? nameFrom1(name) : name)

const averagesOf = ({ format, averages = '[]' }: Metadata): readonly string[] =>
  format === format1
    ? ['ema']
    : parseConfig('its averages', schema.list(schema.text()), JSON.parse(averages), { code: 'checkpoint' })

/** What a sound safetensors file is instead. */
function kindOf({ format }: Metadata): string {
  if (format === undefined) return 'a file of weights alone'
  return format.startsWith('cascade-diffusion ')
    ? `an exported file ('${format}'), which fromPretrained reads, and from which training cannot resume`
    : `a file of weights of the format '${format}'`
}

/** What to do if a checkpoint cannot be used. Only a checkpoint of ours that is damaged may be removed. */
async function adviceOn(path: string): Promise<string> {
  const previous = previousPath(path)
  if (existsSync(previous)) return `; the checkpoint before it is ${previous}: rename that to ${path} to resume from it`
  if (!existsSync(path)) return ''
  return (await isOurs(path))
    ? '; there is no older one beside it; remove it to start over'
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
      const start = Buffer.from(buffer.subarray(0, bytesRead))
      return formats.some((format) => start.includes(`"format":${JSON.stringify(format)}`))
    } finally {
      await file.close()
    }
  } catch {
    return false
  }
}

function described(metadata: Metadata): Omit<TrainingFile, 'tensors' | 'averages'> {
  const { kind = '', config = 'null', settings = 'null', optimizer = 'null' } = metadata
  const step = Number(metadata.step)
  const seed = Number(metadata.seed)
  if (!Number.isSafeInteger(step) || step < 0 || !Number.isSafeInteger(seed))
    throw new CascadeError('checkpoint', `expected a step and a seed, got '${metadata.step}', '${metadata.seed}'`)
  const parse = (what: string, text: string) => {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new CascadeError('checkpoint', `expected its ${what} as JSON, got '${text.slice(0, 60)}'`, { cause })
    }
  }
  return {
    kind,
    config: parse('config', config),
    step,
    seed,
    settings: metadata.format === format1 ? settingsFrom1(parse('optimizer', optimizer)) : parse('settings', settings),
  }
}
