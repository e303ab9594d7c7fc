import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { byteWidth, type StoredType } from '../arrays/elements.ts'
import { isShape, show } from '../json/json.ts'

/** The header of a `.npy` file. */
export interface NpyHeader {
  readonly type: StoredType
  readonly bigEndian: boolean
  readonly columnMajor: boolean
  readonly shape: readonly number[]
  /** The place of the first element. */
  readonly offset: number
}

/** By the letter of the kind and the bytes of an element. */
export const elementTypes: ReadonlyMap<string, StoredType> = new Map([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u8', 'uint64'],
  ['u4', 'uint32'],
  ['u2', 'uint16'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
])

/** Other kinds of elements, by their letter. */
const otherKinds: ReadonlyMap<string | undefined, string> = new Map([
  ['c', ': complex, save its .real and .imag'],
  ['O', ': objects of Python, save arrays of numbers'],
  ['U', ': texts, save numbers'],
  ['S', ': texts, save numbers'],
  ['V', ': raw bytes, as which NumPy saves bfloat16 and other types of ml_dtypes, save float32'],
])

const magic = '\x93NUMPY'
const headerPattern =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d\s,]*)\),?\s*\}\s*$/

/** The types that are written. */
export type WrittenType = 'uint8' | 'int64' | 'float32' | 'int32' | 'bool'

const described: Readonly<Record<WrittenType, string>> = {
  uint8: '|u1',
  int64: '<i8',
  float32: '<f4',
  int32: '<i4',
  bool: '|b1',
}

/** The first bytes of a `.npy` file of format version 1, up to the values, as NumPy writes them: a multiple of 64. */
export function npyHeader({
  type,
  shape,
}: {
  readonly type: WrittenType
  readonly shape: readonly number[]
}): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${described[type]}', 'fortran_order': False, 'shape': (${sizes}), }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10
  const header = Buffer.from(`${magic}\x01\x00\x00\x00${text.padEnd(length - 1)}\n`, 'latin1')
  header.writeUInt16LE(length, 8)
  return new Uint8Array(header)
}

/** Headers are rarely longer. */
export const usualHeaderBytes = 256

/**
 * Reads the header of a `.npy` file, format versions 1 to 3.
 * @param start the first bytes of the file. The header says how many are needed.
 * @param size of the file.
 * @returns the header, or its number of bytes if `start` is shorter.
 * @throws if the elements are not numbers or booleans, or the size of the file does not fit the shape.
 */
export function parseNpyHeader(start: Uint8Array, size: number): NpyHeader | number {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < 12 || String.fromCharCode(...start.subarray(0, 6)) !== magic)
    throw new CascadeError('checkpoint', "npy: expected a file that begins with '\\x93NUMPY'")
  const version = view.getUint8(6)
  if (version < 1 || version > 3)
    throw new CascadeError('checkpoint', `npy: expected format version 1, 2 or 3, got ${version}`)
  const from = version === 1 ? 10 : 12
  const end = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (end > size) throw new CascadeError('checkpoint', `npy: expected a header of ${end} bytes, the file has ${size}`)
  if (end > start.length) return end
  const header = new TextDecoder().decode(start.subarray(from, end))
  const match = headerPattern.exec(header)
  if (!match)
    throw new CascadeError(
      'checkpoint',
      `npy: expected a header of descr, fortran_order and shape, got ${header.trim().slice(0, 80)}`,
    )
  const [, descr = '', fortran, dims = ''] = match
  const type = /^[<>|=]/.test(descr) ? elementTypes.get(descr.slice(1)) : undefined
  if (!type)
    throw new CascadeError(
      'checkpoint',
      `npy: expected an element type of ${[...elementTypes.keys()].join(', ')}, got ${show(descr)}${otherKinds.get(descr.replace(/^[<>|=]/, '')[0]) ?? ''}`,
    )
  const shape = dims.split(',').flatMap((d) => (d.trim() === '' ? [] : [Number(d)]))
  if (!isShape(shape)) throw new CascadeError('checkpoint', `npy: expected a shape, got ${show(shape)}`)
  const bytes = sizeOf(shape) * byteWidth[type]
  if (bytes !== size - end)
    throw new CascadeError('checkpoint', `npy: expected ${bytes} bytes of ${descr} [${shape}], got ${size - end}`)
  const bigEndian = descr.startsWith('>') && byteWidth[type] > 1
  return { type, bigEndian, columnMajor: fortran === 'True', shape, offset: end }
}
