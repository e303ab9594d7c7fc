import { CascadeError } from '@cascade-diffusion/checks'

/** A failure that another attempt would repeat. */
export class Hopeless extends CascadeError {
  constructor(message: string, options?: ErrorOptions) {
    super('download', message, options)
  }
}

/** The bytes of a file are wrong. */
export class WrongChecksum extends Hopeless {
  constructor(
    message: string,
    /** Whether parts of different files may have been joined. */
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

/** An error of writing a file with its reason, and the disk space that is missing. */
export function diskError(error: unknown, path: string, missing: number | undefined): unknown {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? '']
  if (!reason) return error
  const more = missing === undefined ? '' : `, ${(missing / 1e6).toFixed(1)} MB more of disk space are needed`
  return new Hopeless(`${path} cannot be written: ${reason}${more}`, { cause: error })
}

/**
 * @throws {Hopeless} if the bytes are not the file but a page about it, a pointer to it, or a message of the server.
 */
export function checkContent(shownUrl: string, contentType: string | null, start: Uint8Array): void {
  const text = Buffer.from(start.subarray(0, 1000)).toString('latin1').trimStart()
  const refuse = (what: string): never => {
    throw new Hopeless(`${shownUrl}: expected a file, got ${what}`)
  }
  if (/^(<!doctype html|<html)/i.test(text) || (contentType?.startsWith('text/html') && !/\.html?$/.test(shownUrl)))
    refuse('an HTML page: is it the address of a page about the file?')
  if (text.startsWith('version https://git-lfs.github.com/'))
    refuse('a pointer of Git LFS to it; use the address of the file itself')
  if (/^(\/|\.\.\/|\.git\/)*annex\/objects\//.test(text))
    refuse('a pointer of git-annex to it; use the address of the file itself')
  if (/^(<\?xml[^>]*>\s*)?<Error>/.test(text)) refuse(`a server's error: ${oneLine(text)}`)
  if (/^\{\s*"(error|errors|message|detail)"\s*:/.test(text)) refuse(`a server's answer: ${oneLine(text)}`)
}

/** The beginning of a string, on one line. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200)
