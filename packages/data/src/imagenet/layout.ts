import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'

/** Where the images of a split are. */
export interface Layout {
  readonly folder: string
  /** Whether each class has a folder; else all images are in one. */
  readonly inClasses: boolean
}

/** A folder of a class. */
export const isWnid = (name: string): boolean => /^n\d{8}$/.test(name)

/** The number of a validation image that is in no folder of a class; undefined if it is no such name. */
export function validationNumber(name: string): number | undefined {
  const [, digits] = /^ILSVRC2012_val_(\d{8})\.[a-z]+$/i.exec(name) ?? []
  return digits === undefined ? undefined : Number(digits)
}

const kaggle = ['ILSVRC/Data/CLS-LOC', 'Data/CLS-LOC', 'CLS-LOC']

/** The folder of a split, below the one given: as torchvision makes it, as unpacked by hand, as in Kaggle's archive; or itself. */
const placesOf = (split: 'train' | 'val') => [
  split,
  `ILSVRC2012_img_${split}`,
  ...kaggle.map((folder) => `${folder}/${split}`),
  '.',
]

/**
 * Finds the images of a split.
 * @throws {CascadeError} of code `data` that says what was expected, and what is there.
 */
export async function findSplit(path: string, split: 'train' | 'val'): Promise<Layout> {
  const found = await namesIn(path)
  const other = split === 'train' ? 'val' : 'train'
  for (const place of placesOf(split)) {
    if (place === '.' && basename(path).split('_').includes(other)) continue // the other split is no stand-in
    const folder = join(path, place)
    const names = place === '.' ? found : await namesIn(folder)
    if (names?.some(isWnid)) return { folder, inClasses: true }
    if (split === 'val' && names?.some((name) => validationNumber(name) !== undefined))
      return { folder, inClasses: false }
  }
  const files = split === 'val' ? ' or images ILSVRC2012_val_00000001.JPEG' : ''
  const expected = `expected folders n01440764, …${files} in ${placesOf(split).slice(0, -1).join(', ')} or in ${path} itself`
  const archive = found?.find((name) => /^(ILSVRC2012_img_|n\d{8}).*\.tar$/.test(name))
  const got = found === undefined ? 'no such folder' : found.slice(0, 5).join(', ') || 'an empty folder'
  throw new CascadeError('data', `imageNet: ${expected}, got ${got}${archive ? `: unpack ${archive} first` : ''}`)
}

/** The names in a folder, in order; undefined if it is none. */
async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  return readdir(folder).then(
    (names) => names.toSorted(),
    () => undefined,
  )
}
