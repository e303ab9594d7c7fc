import { extname } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { byCodePoints } from './code-points.ts'
import { NameList } from './name-list.ts'
import { type WalkOptions, walkFolder } from './walk-folder.ts'

/**
 * The image files below a folder: by folder, in code-point order of their paths, and in a folder by name. This is the
 * order of torchvision. They take the bytes of their names and 4 more each.
 */
export interface ImageFiles {
  readonly count: number
  /** The path of a file below the folder, with '/'. */
  pathOf(index: number): string
  /** The subfolders of the root in code-point order, and how many files are below each. */
  readonly subfolders: readonly { readonly name: string; readonly count: number }[]
  /** The number of the subfolder that a file is in; -1 for those in the root itself. */
  subfolderOf(index: number): number
  /** Whether there is a file of a path. */
  has(path: string): boolean
  /** What else is there, for errors: `2 subfolders, 3 .txt`. */
  readonly others: string
}

/** What {@link listImages} takes besides the options of the walk. */
export interface ListOptions extends WalkOptions {
  /** Whether files in the root itself, in no subfolder, are left out. */
  readonly subfoldersOnly?: boolean
}

/** A folder, and which of the names are those of its files. */
interface Run {
  readonly path: string
  readonly start: number
  readonly count: number
}

/**
 * Lists the images below a folder.
 * @throws {CascadeError} of code `file` if a folder cannot be read.
 */
export async function listImages(where: string, root: string, options: ListOptions): Promise<ImageFiles> {
  const names = new NameList()
  const runs: Run[] = []
  const others = new Map<string, number>()
  let subfolders: readonly string[] = []
  let folders = 0
  try {
    for await (const found of walkFolder(root, options)) {
      if (found.path === '') subfolders = found.folders
      folders += found.folders.length
      for (const [extension, count] of found.others) others.set(extension, (others.get(extension) ?? 0) + count)
      const skipped = options.subfoldersOnly && found.path === ''
      if (skipped) for (const file of found.files) addOne(others, extname(file).toLowerCase())
      if (skipped || found.files.length === 0) continue
      runs.push({ path: found.path, start: names.length, count: found.files.length })
      for (const file of found.files) names.push(file)
    }
  } catch (cause) {
    throw new CascadeError('file', `${where}: expected a folder of images: ${(cause as Error).message}`, { cause })
  }
  return filesOf(names, sorted(runs, subfolders), subfolders, shownOthers(folders, others))
}

const addOne = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)

/** A folder below the root. */
interface Placed extends Run {
  readonly subfolder: number
}

/** By subfolder of the root, then by path: 'a', 'a/b', and then 'a-b'. */
function sorted(runs: readonly Run[], subfolders: readonly string[]): Placed[] {
  const numbers = new Map(subfolders.map((name, number) => [name, number]))
  return runs
    .map((run) => ({ ...run, subfolder: numbers.get(run.path.split('/', 1)[0]!) ?? -1 }))
    .sort((a, b) => a.subfolder - b.subfolder || byCodePoints(a.path, b.path))
}

function filesOf(names: NameList, runs: readonly Placed[], subfolders: readonly string[], others: string): ImageFiles {
  const folders = new NameList()
  const firsts = new Uint32Array(runs.length)
  const starts = new Uint32Array(runs.length)
  const inSubfolder = new Int32Array(runs.length)
  const counts = new Uint32Array(subfolders.length)
  let count = 0
  for (const [k, run] of runs.entries()) {
    folders.push(run.path)
    firsts[k] = count
    starts[k] = run.start
    inSubfolder[k] = run.subfolder
    if (run.subfolder >= 0) counts[run.subfolder]! += run.count
    count += run.count
  }
  let byPath: Map<string, number> | undefined
  const runOf = (index: number): number => lastUpTo(firsts, index)
  const nameOf = (run: number, index: number): string => names.at(starts[run]! + index - firsts[run]!)
  return {
    count,
    others,
    subfolders: subfolders.map((name, number) => ({ name, count: counts[number]! })),
    subfolderOf: (index) => inSubfolder[runOf(index)]!,
    pathOf(index) {
      const run = runOf(index)
      const folder = folders.at(run)
      return folder === '' ? nameOf(run, index) : `${folder}/${nameOf(run, index)}`
    },
    has(path) {
      const cut = path.lastIndexOf('/')
      byPath ??= new Map(runs.map((run, k) => [run.path, k]))
      const run = byPath.get(cut < 0 ? '' : path.slice(0, cut))
      return run !== undefined && isAmong(names, runs[run]!, path.slice(cut + 1))
    },
  }
}

/** Whether a name is one of a folder's, which are in order. */
function isAmong(names: NameList, { start, count }: Run, name: string): boolean {
  let [low, high] = [start, start + count - 1]
  while (low <= high) {
    const middle = (low + high) >>> 1
    const order = byCodePoints(names.at(middle), name)
    if (order === 0) return true
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return false
}

/** The last place whose number is at most `most`, in a list that grows. */
function lastUpTo(numbers: Uint32Array, most: number): number {
  let [low, high] = [0, numbers.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (numbers[middle]! <= most) low = middle
    else high = middle - 1
  }
  return low
}

function shownOthers(folders: number, others: ReadonlyMap<string, number>): string {
  const files = [...others]
    .sort(([a, m], [b, n]) => n - m || byCodePoints(a, b))
    .slice(0, 5)
    .map(([extension, count]) => `${count} ${extension || 'without an ending'}`)
  return [`${folders} subfolders`, ...(files.length > 0 ? files : ['no other files'])].join(', ')
}
