import { CascadeError } from '@cascade-diffusion/checks'

/** A download that trying again does not help. */
export class Hopeless extends CascadeError {
  constructor(message: string, options?: ErrorOptions) {
    super('download', message, options)
  }
}

/** The bytes are not those that they should be. */
export class WrongChecksum extends Hopeless {
  constructor(
    message: string,
    /** Whether parts of two files may have been joined. */
    readonly joined: boolean,
  ) {
    super(message)
  }
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system allows',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
}

/** Errors of writing files as ones that say why, and how much more room is needed. */
export function diskError(error: unknown, path: string, missing: number | undefined): unknown {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? '']
  if (!reason) return error
  const more = missing === undefined ? '' : `, ${(missing / 1e6).toFixed(1)} MB more are needed`
  return new Hopeless(`${path} cannot be written: ${reason}${more}`, { cause: error })
}

/** @throws {Hopeless} if what came is not the file but a page about it, a pointer to it, or a server's words of why it did not come. */
export function checkContent(shownUrl: string, contentType: string | null, start: Uint8Array): void {
  const text = Buffer.from(start.subarray(0, 1000)).toString('latin1').trimStart()
  const refuse = (what: string): never => {
    throw new Hopeless(`${shownUrl}: expected a file, got ${what}`)
  }
  if (/^(<!doctype html|<html)/i.test(text) || (contentType?.startsWith('text/html') && !/\.html?$/.test(shownUrl)))
    refuse('an HTML page: is it the address of a page about the file?')
  if (text.startsWith('version https://git-lfs.github.com/'))
    refuse('a pointer of Git LFS to it: use the address of the file itself')
  if (/^(\/|\.\.\/|\.git\/)*annex\/objects\//.test(text))
    refuse('a pointer of git-annex to it: use the address of the file itself')
  if (/^(<\?xml[^>]*>\s*)?<Error>/.test(text)) refuse(`a server's error: ${oneLine(text)}`)
  if (/^\{\s*"(error|errors|message|detail)"\s*:/.test(text)) refuse(`a server's answer: ${oneLine(text)}`)
}

/** The beginning of a text, on one line. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200)
