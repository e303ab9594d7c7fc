import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

/** The files of one version of one split. */
export interface CifarFiles {
  readonly set: 'cifar10' | 'cifar100'
  readonly binary: boolean
  /** The batches of images, in order. */
  readonly batches: readonly string[]
  /** The file of the names of the classes of a kind. */
  namesOf(labels: 'fine' | 'coarse'): string
}

interface Version {
  readonly set: CifarFiles['set']
  readonly binary: boolean
  /** The folder in the archive. */
  readonly folder: string
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly names: { readonly fine: string; readonly coarse: string }
}

const five = (ending: string) => [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}${ending}`)
const both = (file: string) => ({ fine: file, coarse: file })

const versions: readonly Version[] = [
  {
    set: 'cifar10',
    binary: true,
    folder: 'cifar-10-batches-bin',
    train: five('.bin'),
    test: ['test_batch.bin'],
    names: both('batches.meta.txt'),
  },
  {
    set: 'cifar10',
    binary: false,
    folder: 'cifar-10-batches-py',
    train: five(''),
    test: ['test_batch'],
    names: both('batches.meta'),
  },
  {
    set: 'cifar100',
    binary: true,
    folder: 'cifar-100-binary',
    train: ['train.bin'],
    test: ['test.bin'],
    names: { fine: 'fine_label_names.txt', coarse: 'coarse_label_names.txt' },
  },
  {
    set: 'cifar100',
    binary: false,
    folder: 'cifar-100-python',
    train: ['train'],
    test: ['test'],
    names: both('meta'),
  },
]

/**
 * Finds a version of CIFAR in a folder, or in the folder of its archive below: the binary one first.
 * @throws {CascadeError} of code `data` if there is none, if both sets are there and none is asked for, or if a batch is missing.
 */
export function findCifar(path: string, split: 'train' | 'test', wanted: CifarFiles['set'] | undefined): CifarFiles {
  const places = versions
    .filter(({ set }) => wanted === undefined || set === wanted)
    .flatMap((version) => [path, join(path, version.folder)].map((folder) => ({ ...version, folder })))
  const found = places.filter((place) => existsSync(join(place.folder, place[split][0]!)))
  const [first] = found
  if (first === undefined) throw new CascadeError('data', `cifar: ${shownMissing(path, places, split)}`)
  const other = found.find(({ set }) => set !== first.set)
  if (other)
    throw new CascadeError(
      'data',
      `cifar: expected one set in ${path}, got CIFAR-10 and CIFAR-100: choose by set: 'cifar10' or set: 'cifar100'`,
    )
  const { set, binary, folder, names } = first
  const batches = first[split].map((file) => join(folder, file))
  const missing = batches.find((file) => !existsSync(file))
  if (missing) throw new CascadeError('data', `cifar: expected ${first[split].length} batches, ${missing} is missing`)
  return { set, binary, batches, namesOf: (labels) => join(folder, names[labels]) }
}

function shownMissing(path: string, places: readonly Version[], split: 'train' | 'test'): string {
  const files = [...new Set(places.map((place) => place[split][0]!))].join(', ')
  const entries = existsSync(path) ? safely(path) : undefined
  const archive = entries?.find((entry) => /^cifar.*\.tar\.gz$/.test(entry))
  const got = entries === undefined ? 'no such folder' : entries.slice(0, 5).join(', ') || 'an empty folder'
  return `expected one of ${files} in ${path}, got ${got}${archive ? `: unpack ${archive} first` : ''}`
}

/** The entries of a folder; of a file, its own name. */
function safely(path: string): readonly string[] {
  try {
    return readdirSync(path).toSorted()
  } catch {
    return [path.split(/[/\\]/).at(-1)!]
  }
}
