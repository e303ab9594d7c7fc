import { statSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { byCodePoints } from './code-points.ts'
import type { ImageFiles } from './image-files.ts'
import { manifestRows } from './manifest-rows.ts'
import { NameList } from './name-list.ts'

/** A table of images: a CSV or TSV file whose first line has names, or a file of JSON lines. */
export interface Manifest {
  /** The table: `.csv`, `.tsv`, `.jsonl` or `.ndjson`. */
  readonly path: string
  /**
   * The column of the images' paths, which are below the folder, or absolute. Default `file_name`, as in Hugging
   * Face's tables.
   */
  readonly file?: string
  /** The column of the classes. Default: none: the images have no labels. */
  readonly label?: string
  /**
   * The classes. Default: those that occur, in code-point order, or in order of size if all are integers. If they are
   * given, a label is one of them, or its index in this list.
   */
  readonly classNames?: readonly string[]
}

/** The images of a table, in its order. */
export interface ListedImages {
  readonly count: number
  /** The path of an image, as the table has it. */
  pathOf(index: number): string
  /** The classes and the label of each image, if there is a column of labels. */
  readonly labelled?: { readonly classNames: readonly string[]; readonly labels: Int32Array }
}

/**
 * Reads a table of images.
 * @param files the files below the folder: what is not among them is looked up.
 * @throws {CascadeError} of code `data`, with the line, if a column or a file is missing or a label is none of the
 * classes.
 */
export async function readManifest(folder: string, manifest: Manifest, files: ImageFiles): Promise<ListedImages> {
  const { path, file = 'file_name', label, classNames } = manifest
  const names = new NameList()
  const classes = new Map(classNames?.map((name, index) => [name, index]))
  let labels = new Int32Array(64)
  for await (const row of manifestRows(path, { file, label })) {
    const where = `${path}, line ${row.line}`
    const name = row.file.includes('./') ? posix.normalize(row.file) : row.file
    if (!files.has(name) && !isFile(resolve(folder, name)))
      throw new CascadeError('data', `${where}: expected a file in ${folder}, got '${row.file}', which is not there`)
    if (row.label !== undefined) {
      if (names.length === labels.length) labels = doubled(labels)
      labels[names.length] = classNames ? labelOf(where, classes, row.label) : collected(classes, row.label)
    }
    names.push(name)
  }
  if (names.length === 0) throw new CascadeError('data', `${path}: expected rows, got none`)
  const found = labels.slice(0, names.length)
  return {
    count: names.length,
    pathOf: (index) => names.at(index),
    labelled: label === undefined ? undefined : { classNames: classNames ?? inOrder(classes, found), labels: found },
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

function doubled(labels: Int32Array): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * labels.length)
  more.set(labels)
  return more
}

/** The label of a name; a new one for a name that has not occurred. */
function collected(classes: Map<string, number>, name: string): number {
  const known = classes.get(name)
  if (known !== undefined) return known
  classes.set(name, classes.size)
  return classes.size - 1
}

/** The index of a class by its name, or else by its number. */
function labelOf(where: string, classes: ReadonlyMap<string, number>, label: string): number {
  const known = classes.get(label) ?? (/^\d+$/.test(label) ? Number(label) : -1)
  if (known >= 0 && known < classes.size) return known
  const names = [...classes.keys()]
  const some = names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '')
  throw new CascadeError('data', `${where}: expected one of the classes ${some}, got ${shown(label)}`)
}

/** The names in order. The labels, which were given as the names occurred, are changed to match. */
function inOrder(classes: ReadonlyMap<string, number>, labels: Int32Array): readonly string[] {
  const names = [...classes.keys()]
  const integers = names.every((name) => /^(0|[1-9]\d*)$/.test(name))
  names.sort(integers ? (a, b) => Number(a) - Number(b) : byCodePoints)
  const to = new Int32Array(names.length)
  for (const [label, name] of names.entries()) to[classes.get(name)!] = label
  for (let i = 0; i < labels.length; i++) labels[i] = to[labels[i]!]!
  return names
}
