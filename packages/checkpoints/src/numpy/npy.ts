import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { swapBytes } from '../arrays/byte-order.ts'
import { byteWidth, computedType, decode, type RawArray } from '../arrays/elements.ts'
import { columnMajorStrides, gather } from '../arrays/strides.ts'
import { shorten } from '../json/json.ts'
import type { ByteSource } from '../sources/byte-source.ts'
import { type Readable, withSource } from '../sources/open-source.ts'
import { type Contents, type LazyTensor, named } from '../tensor-file.ts'
import { openZip, type Zip } from '../zip/zip.ts'
import { readEntryArray } from '../zip/zip-array.ts'
import { type NpyHeader, parseNpyHeader, usualHeaderBytes } from './npy-header.ts'

/**
 * Reads the bytes of a NumPy `.npy` file (format versions 1 to 3), in the precision of the file (float16 as float32).
 * Column-major arrays are made row-major, big-endian ones little-endian. Convert with {@link toNDArray} to compute with
 * it.
 * @throws if the elements are not numbers or booleans, or the bytes do not fit the shape.
 */
export function parseNpy(bytes: Uint8Array): RawArray {
  // Never a number: all bytes are there.
  const header = parseNpyHeader(bytes, bytes.length) as NpyHeader
  const { type, shape, offset, bigEndian } = header
  const data = new Uint8Array(bytes.subarray(offset))
  if (bigEndian) swapBytes(data, byteWidth[type])
  return rowMajor(decode(type, shape, data), header)
}

const rowMajor = <A extends RawArray | NDArray>(array: A, { shape, columnMajor }: NpyHeader): A =>
  columnMajor ? gather(array, shape, columnMajorStrides(shape), 0) : array

/**
 * Reads a NumPy `.npz` archive, compressed or not, from a path or its bytes: arrays by name without `.npy`, as
 * {@link parseNpy} gives them.
 * @param keep says which arrays are read. Default: all.
 * @throws with the file and the array that cannot be read.
 */
export const readNpz = (
  from: Readable,
  keep: (name: string) => boolean = () => true,
): Promise<Record<string, RawArray>> =>
  withSource(from, (source) =>
    named(`npz ${source.name}`, async () => {
      const zip = await openZip(source)
      const arrays: [string, RawArray][] = []
      for (const entry of zip.names) {
        const name = nameOf(entry)
        if (!keep(name)) continue
        const bytes = await zip.read(entry)
        arrays.push([name, await named(`array '${entry}'`, () => parseNpy(bytes))])
      }
      return Object.fromEntries(arrays)
    }),
  )

/** The name of the array in an entry. */
export const nameOf = (entry: string): string => entry.replace(/\.npy$/, '')

/**
 * The arrays of an archive, of which only the headers are read. Arrays of strings, objects or complex numbers cannot be
 * read; other entries are ignored.
 */
export async function npzContents(source: ByteSource): Promise<Contents> {
  const zip = await openZip(source)
  const tensors = new Map<string, LazyTensor>()
  const unreadable = new Map<string, string>()
  for (const entry of zip.names) {
    const name = nameOf(entry)
    try {
      if (tensors.has(name)) throw new CascadeError('checkpoint', 'two arrays have this name')
      tensors.set(name, await lazyArray(zip, entry))
    } catch (error) {
      tensors.delete(name)
      if (entry.endsWith('.npy')) unreadable.set(name, (error as Error).message)
    }
  }
  if (tensors.size + unreadable.size === 0)
    throw new CascadeError(
      'checkpoint',
      `expected entries that end in .npy, got ${zip.names.slice(0, 3).map(shorten).join(', ') || 'none'}`,
    )
  return { tensors, unreadable }
}

async function lazyArray(zip: Zip, name: string): Promise<LazyTensor> {
  const header = await headerOf(zip, name)
  const { type, shape } = header
  return {
    dtype: computedType(type),
    shape,
    async read() {
      const array = await readEntryArray(await zip.open(name), { ...header, shape: [sizeOf(shape)] })
      return rowMajor({ ...array, shape }, header)
    },
  }
}

/** The header of an array of an archive. */
export async function headerOf(zip: Zip, name: string): Promise<NpyHeader> {
  const size = zip.sizeOf(name)
  const parse = async (bytes: number) => parseNpyHeader(await zip.readStart(name, bytes), size)
  const first = await parse(usualHeaderBytes)
  const header = typeof first === 'number' ? await parse(first) : first
  if (typeof header === 'number')
    throw new CascadeError('checkpoint', `npy: expected a header of ${header} bytes: corrupt`)
  return header
}
