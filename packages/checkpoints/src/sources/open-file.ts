import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteSource } from './byte-source.ts'

/** Opens a file of Node.js as a source. @throws if there is none, or it is a folder. */
export async function openFile(path: string): Promise<ByteSource> {
  // Not imported, so that the readers bundle for browsers.
  const fs = process.getBuiltinModule('node:fs/promises')
  const { dirname, join } = process.getBuiltinModule('node:path')
  // Checked before it is opened: opening a pipe would wait for a writer.
  const found = await fs.stat(path).catch(async (cause) => {
    throw new CascadeError(
      'checkpoint',
      `${path}: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? await missing(fs, path) : cause.message}`,
      { cause },
    )
  })
  if (!found.isFile()) throw new CascadeError('checkpoint', `${path}: expected a file, got a folder or a device`)
  const file = await fs.open(path, 'r')
  const { size } = await file.stat()
  return {
    name: path,
    size,
    async readInto(target, offset) {
      for (let done = 0; done < target.length; ) {
        const { bytesRead } = await file.read(target, done, target.length - done, offset + done)
        if (bytesRead === 0)
          throw new CascadeError('checkpoint', `expected ${size} bytes, the file became shorter while reading`)
        done += bytesRead
      }
    },
    sibling: (name) => openFile(join(dirname(path), name)),
    close: () => file.close(),
  }
}

/** Says what is at a path without a file: nothing, or a link to nothing, as git-annex and caches leave them. */
async function missing({ readlink }: typeof import('node:fs/promises'), path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined)
  if (target === undefined) return 'expected a file, there is none'
  const advice = target.includes('annex/objects/') ? ': run `git annex get` in its folder' : ''
  return `expected a file, got a link to ${target}, where there is none${advice}`
}
