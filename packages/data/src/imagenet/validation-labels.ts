import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { groundTruthOf, type Synsets } from './synsets.ts'

/** The class of each validation image. */
export interface ValidationLabels {
  /** The file that has them. */
  readonly path: string
  /** The classes, in code-point order of their ids. */
  readonly wnids: readonly string[]
  /** The label of the image of a number, an index into the classes; undefined if the file has none. */
  of(number: number): number | undefined
}

const solution = 'LOC_val_solution.csv'

/**
 * The classes of the validation images by their number: of the devkit's ground truth, or of Kaggle's table.
 * @param folders where Kaggle's table may be.
 * @throws {CascadeError} of code `data` if there is neither, or one is damaged.
 */
export async function validationLabels(
  synsets: Synsets | undefined,
  folders: readonly string[],
): Promise<ValidationLabels> {
  if (synsets?.byNumber && existsSync(groundTruthOf(synsets))) return fromTruth(synsets)
  const table = folders.map((folder) => join(folder, solution)).find((path) => existsSync(path))
  if (table) return fromTable(table)
  throw new CascadeError(
    'data',
    'imageNet: expected the classes of the validation images: the devkit (ILSVRC2012_devkit_t12, with data/meta.mat and ' +
      `data/ILSVRC2012_validation_ground_truth.txt), ${solution}, or the images in folders n01440764, …; ` +
      `found none in ${folders.join(', ')}`,
  )
}

/** A line for each image, with its class by the number that meta.mat gives it. This is not the order of the ids. */
async function fromTruth({ path: meta, byNumber, ...synsets }: Synsets): Promise<ValidationLabels> {
  const path = groundTruthOf({ path: meta, ...synsets })
  const wnids = [...byNumber!.values()].sort()
  const labelOf = new Map([...byNumber!].map(([number, wnid]) => [number, wnids.indexOf(wnid)]))
  const lines = (await readFile(path, 'utf8')).trim().split(/\r?\n/)
  const labels = Int32Array.from(lines, (line, i) => {
    const label = labelOf.get(Number(line))
    if (label !== undefined) return label
    throw new CascadeError(
      'data',
      `${path}, line ${i + 1}: expected a number of a class in ${meta}, got '${line.slice(0, 60)}'`,
    )
  })
  return { path, wnids, of: (number) => labels[number - 1] }
}

/** Lines such as `ILSVRC2012_val_00000001,n01751748 111 108 441 193 `: the class, and boxes of it. */
async function fromTable(path: string): Promise<ValidationLabels> {
  const lines = (await readFile(path, 'utf8')).trim().split(/\r?\n/).slice(1)
  const found = new Map<number, string>()
  for (const [i, line] of lines.entries()) {
    const [, number, wnid] = /^ILSVRC2012_val_(\d{8}),(n\d{8})\b/.exec(line) ?? []
    if (number === undefined)
      throw new CascadeError(
        'data',
        `${path}, line ${i + 2}: expected 'ILSVRC2012_val_00000001,n01751748 …', got '${line.slice(0, 60)}'`,
      )
    found.set(Number(number), wnid!)
  }
  const wnids = [...new Set(found.values())].sort()
  const indexOf = new Map(wnids.map((wnid, index) => [wnid, index]))
  return { path, wnids, of: (number) => indexOf.get(found.get(number) ?? '') }
}
