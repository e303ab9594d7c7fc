import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteSource, type Readable, readBytes, withSource } from '../byte-source.ts'
import { answerIn, strangerIn } from '../strangers.ts'
import { named } from '../tensor-file.ts'
import { asRecord, maxJsonBytes, parseJson } from './json.ts'

/** The most that the JSON of an index, a configuration or a model's description nests. */
const maxDepth = 100

/**
 * Reads a JSON object from a file of another program, such as a `config.json`: as JSON has it, and `NaN`, `Infinity` and
 * `-Infinity`, which Python writes.
 * @throws naming the file, and line and column of what is no JSON; or saying what is in its place: a pointer of Git LFS, a web
 * page, a server's answer. Objects may not have a key twice, nor nest more than 100 deep.
 */
export const readJson = (from: Readable): Promise<Readonly<Record<string, unknown>>> =>
  withSource(from, (source) => named(source.name, () => recordIn(source, 'the JSON')))

/** @param wanted what should be there, for the error if something else is. */
export async function recordIn(source: ByteSource, wanted: string): Promise<Readonly<Record<string, unknown>>> {
  if (source.size > maxJsonBytes)
    throw new CascadeError('checkpoint', `expected JSON of at most ${maxJsonBytes} bytes, got ${source.size}`)
  const bytes = await readBytes(source, 0, source.size)
  if (!/^(\xef\xbb\xbf)?\s*[[{]/.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1'))) {
    const stranger = await strangerIn(source, wanted)
    if (stranger) throw new CascadeError('checkpoint', `expected JSON, got ${stranger}`)
  }
  const record = asRecord(parseJson(bytes, maxDepth), 'the file')
  const answer = answerIn(record)
  if (answer) throw new CascadeError('checkpoint', `${answer}, not ${wanted}`)
  return record
}
