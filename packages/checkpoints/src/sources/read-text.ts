import { CascadeError } from '@cascade-diffusion/checks'
import { readBytes } from './byte-source.ts'
import { type Readable, withSource } from './open-source.ts'

const maxBytes = 100_000_000

/** The text of a small file, in UTF-8. @throws if there is none, or it is not a text of at most 100 MB. */
export const readText = (from: Readable): Promise<string> =>
  withSource(from, async (source) => {
    if (source.size > maxBytes)
      throw new CascadeError('checkpoint', `${source.name}: expected at most ${maxBytes} bytes, got ${source.size}`)
    const bytes = await readBytes(source, 0, source.size)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch (cause) {
      throw new CascadeError('checkpoint', `${source.name}: expected a text in UTF-8, got other bytes`, { cause })
    }
  })
