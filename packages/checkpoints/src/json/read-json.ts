import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteSource, readBytes } from '../sources/byte-source.ts'
import { type Readable, withSource } from '../sources/open-source.ts'
import { answerIn, strangerIn } from '../strangers.ts'
import { named } from '../tensor-file.ts'
import { asRecord, maxJsonBytes, parseJson } from './json.ts'

/** The deepest nesting of the JSON of an index, a configuration or the description of a model. */
const maxDepth = 100

/**
 * Reads a JSON object from a file of another program, such as a `config.json`. `NaN`, `Infinity` and `-Infinity`, which
 * Python writes, are allowed.
 * @throws with the file, the line and the column of a syntax error, or with what is in its place: a pointer of Git LFS,
 * a web page, the answer of a server. Repeated keys and more than 100 levels of nesting are errors.
 */
export const readJson = (from: Readable): Promise<Readonly<Record<string, unknown>>> =>
  withSource(from, (source) => named(source.name, () => recordIn(source, 'the JSON')))

/** @param wanted the expected content, for the error. */
export async function recordIn(source: ByteSource, wanted: string): Promise<Readonly<Record<string, unknown>>> {
  if (source.size > maxJsonBytes)
    throw new CascadeError('checkpoint', `expected JSON of at most ${maxJsonBytes} bytes, got ${source.size}`)
  const bytes = await readBytes(source, 0, source.size)
  if (!/^(\xef\xbb\xbf)?\s*[[{]/.test(String.fromCharCode(...bytes.subarray(0, 100)))) {
    const stranger = await strangerIn(source, wanted)
    if (stranger) throw new CascadeError('checkpoint', `expected JSON, got ${stranger}`)
  }
  const record = asRecord(parseJson(bytes, maxDepth), 'the file')
  const answer = answerIn(record)
  if (answer) throw new CascadeError('checkpoint', `${answer}, not ${wanted}`)
  return record
}
