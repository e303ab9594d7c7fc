import { basename } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { shorten } from './json/json.ts'
import type { ByteSource } from './sources/byte-source.ts'
import type { Contents } from './tensor-file.ts'

/** The most files that belong to one; each stays open. */
const maxFiles = 1000

/** @throws unless a name is that of a file beside another, on any system: not a path, and not hidden. */
export function expectPlainName(name: string): void {
  if (name === '' || name !== basename(name) || name.startsWith('.') || /[\\:\0]/.test(name))
    throw new CascadeError('checkpoint', `expected a plain name of a file beside it, got '${shorten(name)}'`)
}

/**
 * The contents of a file whose tensors are in files beside it, which `make` opens by name. They are closed with the
 * contents, or if `make` fails.
 * @param what the other files, for the error if there can be none.
 */
export async function withSiblings(
  source: ByteSource,
  what: string,
  make: (open: (name: string) => Promise<ByteSource>) => Promise<Contents>,
): Promise<Contents> {
  if (!source.sibling) throw new CascadeError('checkpoint', `expected a path: ${what}`)
  const opened = new Map<string, ByteSource>()
  const close = async () => {
    for (const file of opened.values()) await file.close()
  }
  try {
    const contents = await make(async (name) => {
      expectPlainName(name)
      if (opened.has(name))
        throw new CascadeError('checkpoint', `expected each file once, got '${shorten(name)}' twice`)
      if (opened.size === maxFiles) throw new CascadeError('checkpoint', `expected at most ${maxFiles} files, got more`)
      const file = await source.sibling!(name)
      opened.set(name, file)
      return file
    })
    return { ...contents, close }
  } catch (error) {
    await close()
    throw error
  }
}
