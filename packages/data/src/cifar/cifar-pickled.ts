import { readFile } from 'node:fs/promises'
import { readPickle } from '@cascade-diffusion/checkpoints'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { CifarFiles } from './cifar-files.ts'
import { type CifarImages, imageBytes, interleave } from './cifar-images.ts'

interface Batch {
  readonly data: Uint8Array
  readonly labels: ArrayLike<unknown>
}

/**
 * Reads the Python version: each batch is a pickled dict with `data`, [n, 3072], and lists of labels.
 * @throws {CascadeError} of code `data` if a file is missing or damaged, or has a label without a name.
 */
export async function readPickled(
  { set, batches, namesOf }: CifarFiles,
  kind: 'fine' | 'coarse',
): Promise<CifarImages> {
  const [labelsKey, namesKey] =
    set === 'cifar10' ? ['labels', 'label_names'] : [`${kind}_labels`, `${kind}_label_names`]
  const classNames = namesIn(namesOf(kind), await readDict(namesOf(kind)), namesKey!)
  const read: Batch[] = []
  for (const file of batches) read.push(batchIn(file, await readDict(file), labelsKey!))
  const count = read.reduce((sum, { labels }) => sum + labels.length, 0)
  const data = new Uint8Array(count * imageBytes)
  const labels = new Int32Array(count)
  let image = 0
  for (const [i, batch] of read.entries())
    for (let k = 0; k < batch.labels.length; k++, image++) {
      const label = Number(batch.labels[k])
      if (!(Number.isInteger(label) && label >= 0 && label < classNames.length))
        throw new CascadeError(
          'data',
          `${batches[i]}: expected labels from 0 to ${classNames.length - 1}, got ${shown(batch.labels[k])} for image ${k}`,
        )
      labels[image] = label
      interleave(batch.data, k * imageBytes, data, image * imageBytes)
    }
  return { data, labels, classNames }
}

type Dict = ReadonlyMap<string, unknown>

/** The dict of a pickle, whose keys may be bytes if Python 3 wrote again what Python 2 had written. */
async function readDict(file: string): Promise<Dict> {
  const bytes = await readFile(file).catch((cause) => {
    throw new CascadeError('data', `${file}: expected a pickle: ${cause.message}`, { cause })
  })
  let value: unknown
  try {
    value = readPickle(bytes)
  } catch (cause) {
    throw new CascadeError('data', `${file}: could not be read: ${(cause as Error).message}`, { cause })
  }
  if (!(value instanceof Map)) throw new CascadeError('data', `${file}: expected a dict, got ${shown(value)}`)
  return new Map([...value].map(([key, item]) => [textOf(key) ?? '', item]))
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : undefined

function namesIn(file: string, dict: Dict, key: string): readonly string[] {
  const names = dict.get(key)
  const texts = Array.isArray(names) ? names.map(textOf) : []
  if (texts.length > 0 && texts.every((text) => text !== undefined)) return texts as string[]
  throw new CascadeError('data', `${file}: expected a list of names in '${key}', got ${shown(names)}`)
}

function batchIn(file: string, dict: Dict, key: string): Batch {
  const array = dict.get('data') as { readonly shape?: readonly number[]; readonly data?: unknown } | undefined
  const found = dict.get(key) as { readonly data?: unknown } | undefined
  const labels = (Array.isArray(found) ? found : found?.data) as ArrayLike<unknown> | undefined
  const { shape = [], data } = array ?? {}
  const [count, width] = shape
  if (shape.length !== 2 || width !== imageBytes || !(data instanceof Uint8Array))
    throw new CascadeError('data', `${file}: expected 'data', bytes [n, ${imageBytes}], got ${shownArray(array)}`)
  if (labels?.length !== count || count === 0)
    throw new CascadeError(
      'data',
      `${file}: expected a label in '${key}' for each of ${count} images, got ${shown(labels)}`,
    )
  return { data, labels: labels as ArrayLike<unknown> }
}

const shownArray = (array: { readonly shape?: readonly number[]; readonly data?: unknown } | undefined): string =>
  array?.shape ? `${shown(array.data)} [${array.shape}]` : shown(array)
