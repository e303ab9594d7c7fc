import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { sortByCodePoints } from './code-points.ts'

/** Which files {@link walkFolder} finds. */
export interface WalkOptions {
  /** The endings of names, in lower case, with their dot. */
  readonly extensions: ReadonlySet<string>
  /** Whether names that begin with a dot count. */
  readonly hidden: boolean
}

/** The files of one folder. */
export interface FoundFolder {
  /** The path below the root, '' for the root itself. */
  readonly path: string
  /** The names of the files asked for, in code-point order. */
  readonly files: readonly string[]
  /** The names of the subfolders, in code-point order. */
  readonly folders: readonly string[]
  /** How many other files there are, by the ending of their names. */
  readonly others: ReadonlyMap<string, number>
}

/** A folder to be read. */
interface Place {
  readonly path: string
  /** The real paths of the folders in which links were followed to come here. */
  readonly linkedFrom: readonly string[]
}

/** How many folders are read at a time: deep trees have many, with a file each. */
const atATime = 32

/**
 * The folders below a root, the root first. Links to files and folders are followed, except to a folder that
 * the path of the link leads through. Only links cost a call of their own for each.
 */
export async function* walkFolder(root: string, options: WalkOptions): AsyncGenerator<FoundFolder> {
  const places: Place[] = [{ path: '', linkedFrom: [] }]
  while (places.length > 0) {
    const read = await Promise.all(places.splice(-atATime).map((place) => readFolder(root, place, options)))
    for (const { found, inner } of read) {
      yield found
      places.push(...inner)
    }
  }
}

async function readFolder(root: string, place: Place, { extensions, hidden }: WalkOptions) {
  const here = join(root, place.path)
  const files: string[] = []
  const folders = new Map<string, readonly string[]>()
  const others = new Map<string, number>()
  for (const entry of await readdir(here, { withFileTypes: true })) {
    const { name } = entry
    if (!hidden && name.startsWith('.')) continue
    const linked = entry.isSymbolicLink() && (await isFolder(join(here, name)))
    const linkedFrom = linked ? await followed(here, name, place.linkedFrom) : place.linkedFrom
    if (linked || entry.isDirectory()) {
      if (linkedFrom) folders.set(name, linkedFrom)
      continue
    }
    const extension = extname(name).toLowerCase()
    if (extensions.has(extension)) files.push(name)
    else others.set(extension, (others.get(extension) ?? 0) + 1)
  }
  const names = sortByCodePoints([...folders.keys()])
  const inner = names.map((name): Place => ({ path: below(place.path, name), linkedFrom: folders.get(name)! }))
  return { found: { path: place.path, files: sortByCodePoints(files), folders: names, others }, inner }
}

/** A path below the root: with '/', on every system. */
const below = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`)

/** A link that leads nowhere counts as a file, which cannot be read. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** The folders in which links were followed, this one included; undefined if the link leads round in a circle. */
async function followed(here: string, name: string, before: readonly string[]): Promise<readonly string[] | undefined> {
  const from = [...before, await realpath(here)]
  const to = await realpath(join(here, name))
  return from.some((path) => path === to || path.startsWith(to + sep)) ? undefined : from
}
