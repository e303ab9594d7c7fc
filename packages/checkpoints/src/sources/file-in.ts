import { urlOf } from './url-of.ts'

/** The place of a file in a folder, which is a path or a URL. The query of a URL is kept: it may hold a key. */
export function fileIn(folder: string | URL, name: string): string | URL {
  const url = urlOf(folder)
  if (!url) return process.getBuiltinModule('node:path').join(folder as string, name)
  const file = new URL(url)
  file.pathname = `${file.pathname.replace(/\/$/, '')}/${encodeURIComponent(name)}`
  return file
}
