import { damageBytes, type Next, oneOf } from '@cascade-diffusion/testing'
import { readCheckpoint } from '../open-checkpoint.ts'
import { type ByteSource, bytesSource } from '../sources/byte-source.ts'
import { damageJson, jsonBytes } from './damage-json.ts'
import type { Damaged } from './read-damaged.ts'

/** Files by name. The one that is opened is JSON and refers to the others. */
export interface Folder {
  readonly json: unknown
  readonly files: Readonly<Record<string, Uint8Array>>
}

const index = 'index.json'

/** A folder whose JSON or other files are damaged, missing, repeated or exchanged. */
export function damageFolder({ json, files }: Folder, next: Next): Damaged {
  const damaged = new Map(Object.entries(files))
  const kind = next(10)
  const text = jsonBytes(kind < 5 ? damageJson(json, next) : json)
  damaged.set(index, kind === 5 ? damageBytes(text, next) : text)
  const names = Object.keys(files)
  const [a, b] = [oneOf(names, next), oneOf(names, next)]
  if (kind === 6) damaged.delete(a)
  else if (kind === 7) damaged.set(a, files[b]!).set(b, files[a]!)
  else if (kind === 8) damaged.set(a, files[b]!)
  else if (kind === 9) damaged.set(a, damageBytes(files[a]!, next))
  return readFolder(damaged)
}

/** Reads files as from the disk. Checks which files are opened, and that they are closed. */
function readFolder(files: ReadonlyMap<string, Uint8Array>): Damaged {
  let open = 0
  const source = (name: string): ByteSource => {
    const bytes = files.get(name)
    if (!bytes) throw new Error(`ENOENT: ${name}`)
    open++
    const sibling = async (name: string) => {
      if (!/^[^/\\:\0.][^/\\:\0]*$/.test(name)) throw new TypeError(`a file elsewhere was opened: ${name}`)
      return source(name)
    }
    return { ...bytesSource(bytes), sibling, close: async () => void open-- }
  }
  return {
    bytes: [...files.values()].reduce((n, { length }) => n + length, 0),
    async read() {
      const closed = () => {
        if (open !== 0) throw new TypeError(`${open} files stayed open`)
      }
      const tensors = await readCheckpoint(source(index)).catch((error: unknown) => {
        closed()
        throw error
      })
      closed()
      return tensors
    },
  }
}
