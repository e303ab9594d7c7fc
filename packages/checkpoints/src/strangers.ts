import type { ByteSource } from './sources/byte-source.ts'
import { readBytes } from './sources/byte-source.ts'

/** Bytes of a file that are inspected. */
const lookedAt = 4096
const shownCharacters = 60

/** The beginnings of files of other kinds, in Latin-1. */
const signatures: readonly (readonly [start: string, what: string])[] = [
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['RIFF', 'an image or a sound (RIFF)'],
  ['%PDF', 'a PDF document'],
  ['\x1f\x8b', 'a gzip archive: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive: unpack it first'],
  ['BZh', 'a bzip2 archive: unpack it first'],
  ['\xfd7zXZ', 'an xz archive: unpack it first'],
  ['7z\xbc\xaf', 'a 7z archive: unpack it first'],
  ['Rar!', 'a RAR archive: unpack it first'],
  ['PK\x03\x04', "a zip archive, as PyTorch's .pt, .npz and .keras are: openCheckpoint finds out which"],
  ['\x89HDF', 'an HDF5 file: openCheckpoint reads it'],
  ['\x93NUMPY', "one array of NumPy's: parseNpy reads it"],
  ['GGUF', 'a GGUF file, which is not read'],
  ['PAR1', 'a Parquet file, which is not read'],
]

/**
 * What a file is that is not the expected one, by its beginning: a pointer, a page or an answer of a server in place of
 * a file, an archive, an image, a text. Undefined if it is not recognised.
 * @param wanted the expected content: `the weights`.
 */
export async function strangerIn(source: ByteSource, wanted: string): Promise<string | undefined> {
  if (source.size === 0) return 'an empty file: its download ended before it began, or it is only a placeholder'
  const start = await readBytes(source, 0, Math.min(source.size, lookedAt))
  const latin1 = String.fromCharCode(...start)
  const known = signatures.find(([signature]) => latin1.startsWith(signature))
  if (known) return known[1]
  if (start[0] === 0x80 && start[1]! >= 2 && start[1]! <= 5)
    return 'a pickle that torch.save did not write: load it in Python, and save a state_dict() by torch.save'
  return textStranger(start, source.size, wanted)
}

function textStranger(start: Uint8Array, size: number, wanted: string): string | undefined {
  const text = textIn(start, size)
  if (text === undefined) return undefined
  if (/^version https?:\/\/(git-lfs|hawser)\.github\.com\//.test(text)) {
    const bytes = /^size (\d+)\r?$/m.exec(text)?.[1]
    return `a pointer of Git LFS, not ${wanted}: run \`git lfs pull\` in its folder${bytes ? `, to get its ${bytes} bytes` : ''}`
  }
  if (/^(\S*\/)?annex\/objects\//.test(text))
    return `a pointer of git-annex, not ${wanted}: run \`git annex get\` in its folder`
  if (/^(outs|deps|md5):/.test(text)) return `a pointer of DVC, not ${wanted}: run \`dvc pull\` in its folder`
  if (text.startsWith('# xet version')) return `a pointer of Xet, not ${wanted}: download the file itself`
  const markup = text.replace(/^(\s*<!--[\s\S]*?-->)+/, '').trimStart()
  if (/^<(!doctype\s+html|html|head|body|script)\b/i.test(markup)) {
    const title = /<title[^>]*>([^<]*)/i.exec(markup)?.[1]?.trim()
    return `a web page${title ? ` (${shown(title)})` : ''}, not ${wanted}: download the file itself, signed in if it asks for that`
  }
  if (/^<(\?xml|Error\b)/i.test(markup)) {
    const part = (name: string) => new RegExp(`<${name}>([^<]*)`, 'i').exec(markup)?.[1]?.trim()
    const said = [part('Code'), part('Message')].filter((words) => words).join(': ')
    return said ? `a server's answer (${shown(said)}), not ${wanted}` : `a document in XML, not ${wanted}`
  }
  return `a text that begins with ${shown(text.trim())}, not ${wanted}`
}

/** The text at the beginning of a file, if it is text. */
function textIn(start: Uint8Array, size: number): string | undefined {
  try {
    // The last character may be incomplete.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: size > start.length })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what texts do not have
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

const shown = (text: string): string =>
  JSON.stringify(text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text)

/** Keys of answers of servers in JSON, beside the message. */
const answerKeys = new Set(
  'error errors error_description message msg detail details status statusCode code type success documentation_url timestamp path request_id requestId title'.split(
    ' ',
  ),
)

/** The message of an answer of a server in JSON; undefined if the record is not one. */
export function answerIn(record: Readonly<Record<string, unknown>>): string | undefined {
  const keys = Object.keys(record)
  if (keys.length === 0 || !keys.every((key) => answerKeys.has(key))) return undefined
  const said = ['error', 'message', 'msg', 'detail', 'errors', 'title']
    .map((key) => wordsIn(record[key]))
    .find((words) => words)
  return said === undefined ? undefined : `a server's answer (${shown(said)})`
}

function wordsIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return wordsIn(value[0])
  return typeof value === 'object' && value !== null ? wordsIn((value as { message?: unknown }).message) : undefined
}
