import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { type MatValue, readMat5 } from './mat5.ts'

/** What a file says about ImageNet's classes. */
export interface Synsets {
  /** The file. */
  readonly path: string
  /** The words of each class, by its WordNet id: `tench, Tinca tinca`. */
  readonly words: ReadonlyMap<string, string>
  /** The WordNet id of each number that the devkit's ground truth has, if the file is the devkit's. */
  readonly byNumber?: ReadonlyMap<number, string>
}

const readers: readonly (readonly [string, (bytes: Buffer, path: string) => Synsets])[] = [
  ['meta.mat', fromMeta],
  ['data/meta.mat', fromMeta],
  ['ILSVRC2012_devkit_t12/data/meta.mat', fromMeta],
  ['LOC_synset_mapping.txt', fromLines],
  ['synset_words.txt', fromLines],
  ['words.txt', fromLines],
  ['imagenet_class_index.json', fromJson],
]

/** The first file with the names of the classes in some folders; undefined if there is none. */
export async function findSynsets(folders: readonly string[]): Promise<Synsets | undefined> {
  for (const [file, read] of readers)
    for (const folder of folders) {
      const path = join(folder, file)
      if (existsSync(path)) return read(await readFile(path), path)
    }
  return undefined
}

/** The devkit's ground truth, beside its meta.mat. */
export const groundTruthOf = ({ path }: Synsets): string =>
  join(dirname(path), 'ILSVRC2012_validation_ground_truth.txt')

/** Of the devkit's synsets, only the 1000 without children are classes. */
function fromMeta(bytes: Buffer, path: string): Synsets {
  const synsets = readMat5(bytes, path).get('synsets')
  if (synsets?.kind !== 'structs')
    throw new CascadeError(
      'data',
      `${path}: expected the structs 'synsets' of ILSVRC2012, got ${synsets?.kind ?? 'none'}`,
    )
  const words = new Map<string, string>()
  const byNumber = new Map<number, string>()
  for (const [i, synset] of synsets.structs.entries()) {
    if (numberOf(synset.get('num_children')) !== 0) continue
    const [number, wnid] = [numberOf(synset.get('ILSVRC2012_ID')), synset.get('WNID')]
    const named = synset.get('words')
    if (number === undefined || wnid?.kind !== 'text' || named?.kind !== 'text')
      throw new CascadeError('data', `${path}: expected ILSVRC2012_ID, WNID and words of synset ${i}`)
    words.set(wnid.text, named.text)
    byNumber.set(number, wnid.text)
  }
  return { path, words, byNumber }
}

const numberOf = (value: MatValue | undefined): number | undefined =>
  value?.kind === 'numbers' ? value.data[0] : undefined

/** Lines such as `n01440764 tench, Tinca tinca`. */
function fromLines(bytes: Buffer, path: string): Synsets {
  const words = new Map<string, string>()
  for (const [i, line] of bytes.toString('utf8').split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [, wnid, text] = /^(n\d{8})\s+(\S.*?)\s*$/.exec(line) ?? []
    if (wnid === undefined)
      throw new CascadeError('data', `${path}, line ${i + 1}: expected 'n01440764 tench', got '${line.slice(0, 60)}'`)
    words.set(wnid, text!)
  }
  return { path, words }
}

/** Keras' file: `{ "0": ["n01440764", "tench"], … }`. */
function fromJson(bytes: Buffer, path: string): Synsets {
  let entries: unknown
  try {
    entries = Object.values(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new CascadeError('data', `${path}: expected JSON: ${(cause as Error).message}`, { cause })
  }
  const isPair = (entry: unknown): entry is [string, string] =>
    Array.isArray(entry) && entry.length === 2 && entry.every((part) => typeof part === 'string')
  const words = new Map<string, string>()
  for (const entry of entries as unknown[]) {
    if (!isPair(entry)) throw new CascadeError('data', `${path}: expected { "0": ["n01440764", "tench"], … }`)
    words.set(entry[0], entry[1].replaceAll('_', ' '))
  }
  return { path, words }
}
