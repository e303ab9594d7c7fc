/** A download that trying again does not help. */
export class Hopeless extends Error {}

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

/** @throws {Hopeless} if what came is not the file but a page about it, or a pointer to it. */
export function checkContent(shownUrl: string, contentType: string | null, start: Uint8Array): void {
  const text = Buffer.from(start.subarray(0, 64)).toString('latin1').trimStart().toLowerCase()
  const page =
    /^(<!doctype html|<html)/.test(text) || (contentType?.startsWith('text/html') && !/\.html?$/.test(shownUrl))
  if (page)
    throw new Hopeless(`${shownUrl}: expected a file, got an HTML page: is it the address of a page about the file?`)
  if (text.startsWith('version https://git-lfs.github.com/'))
    throw new Hopeless(
      `${shownUrl}: expected a file, got a pointer of Git LFS to it: use the address of the file itself`,
    )
}
