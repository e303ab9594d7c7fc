import { CascadeError } from '@cascade-diffusion/checks'
import type { StoredType } from '../arrays/elements.ts'
import { type ByteSource, readBytes } from '../sources/byte-source.ts'
import { type Readable, withSource } from '../sources/open-source.ts'
import { strangerIn } from '../strangers.ts'
import { named } from '../tensor-file.ts'
import { openZip } from '../zip/zip.ts'
import { headerOf, nameOf } from './npy.ts'
import { parseNpyHeader, usualHeaderBytes } from './npy-header.ts'

/** An array of an `.npz` or `.npy` file, of which only the header was read. */
export interface NumpyArray {
  readonly type: StoredType
  readonly shape: readonly number[]
  readonly bigEndian: boolean
  /** Whether the first index varies fastest, as in Fortran. */
  readonly columnMajor: boolean
  /** Where its first element is in the file; undefined if it is compressed. The bytes there have not been verified. */
  readonly position?: number
}

/**
 * The arrays of an `.npz` archive by name, or the only one of a `.npy` file, by the name ''. Their headers are read,
 * not their elements. Arrays that are not of numbers or booleans, and other entries, are left out.
 * @throws with the name of the file, if it is neither, or is cut short or corrupt.
 */
export const numpyArrays = (from: Readable): Promise<ReadonlyMap<string, NumpyArray>> =>
  withSource(from, async (source) => {
    const [first, second] = await readBytes(source, 0, Math.min(source.size, 2))
    if (first === 0x93) return named(`npy ${source.name}`, async () => new Map([['', await single(source)]]))
    if (first === 0x50 && second === 0x4b) return named(`npz ${source.name}`, () => ofArchive(source))
    const stranger = await strangerIn(source, 'the arrays')
    throw new CascadeError(
      'checkpoint',
      `${source.name}: expected an .npz archive or a .npy file, got ${stranger ?? 'another format'}`,
    )
  })

async function single(source: ByteSource): Promise<NumpyArray> {
  const parse = async (bytes: number) =>
    parseNpyHeader(await readBytes(source, 0, Math.min(bytes, source.size)), source.size)
  const first = await parse(usualHeaderBytes)
  const header = typeof first === 'number' ? await parse(first) : first
  if (typeof header === 'number')
    throw new CascadeError('checkpoint', `npy: expected a header of ${header} bytes: corrupt`)
  const { offset, ...array } = header
  return { ...array, position: offset }
}

async function ofArchive(source: ByteSource): Promise<ReadonlyMap<string, NumpyArray>> {
  const zip = await openZip(source)
  const arrays = new Map<string, NumpyArray>()
  for (const entry of zip.names) {
    const header = await headerOf(zip, entry).catch(() => undefined)
    if (!header) continue
    const { offset, ...array } = header
    const start = await zip.positionOf(entry)
    arrays.set(nameOf(entry), { ...array, position: start === undefined ? undefined : start + offset })
  }
  return arrays
}
