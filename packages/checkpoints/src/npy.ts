import { sizeOf } from '@cascade-diffusion/arrays'
import { type ByteSource, type Readable, withSource } from './byte-source.ts'
import { byteWidth, computedType, decode, type RawArray, type StoredType, toNDArray } from './elements.ts'
import { isShape, show } from './json.ts'
import { columnMajorStrides, gather } from './strides.ts'
import { type Contents, named } from './tensor-file.ts'
import { openZip } from './zip.ts'

const types: ReadonlyMap<string, StoredType> = new Map([
  ['<f8', 'float64'],
  ['<f4', 'float32'],
  ['<f2', 'float16'],
  ['<i8', 'int64'],
  ['<i4', 'int32'],
  ['<i2', 'int16'],
  ['|i1', 'int8'],
  ['|u1', 'uint8'],
  ['|b1', 'bool'],
])

const magic = '\x93NUMPY'
const headerPattern =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d\s,]*)\),?\s*\}\s*$/

/**
 * Reads one NumPy `.npy` file's bytes (format versions 1 to 3), in the file's own precision (float16 as float32).
 * Column-major arrays are made row-major. Convert with {@link toNDArray} to compute with it.
 * @throws on element types that are not little-endian numbers or booleans, and if the bytes do not fit the shape.
 */
export function parseNpy(bytes: Uint8Array): RawArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== magic)
    throw new Error("npy: expected a file that begins with '\\x93NUMPY'")
  const version = view.getUint8(6)
  if (version < 1 || version > 3) throw new Error(`npy: expected format version 1, 2 or 3, got ${version}`)
  const start = version === 1 ? 10 : 12
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (end > bytes.length) throw new Error(`npy: expected a header of ${end} bytes, the file has ${bytes.length}`)
  const header = new TextDecoder().decode(bytes.subarray(start, end))
  const match = headerPattern.exec(header)
  if (!match)
    throw new Error(`npy: expected a header of descr, fortran_order and shape, got ${header.trim().slice(0, 80)}`)
  const [, descr = '', fortran, dims = ''] = match
  const type = types.get(descr)
  if (!type) throw new Error(`npy: expected an element type of ${[...types.keys()].join(', ')}, got ${descr}`)
  const shape = dims.split(',').flatMap((d) => (d.trim() === '' ? [] : [Number(d)]))
  if (!isShape(shape)) throw new Error(`npy: expected a shape, got ${show(shape)}`)
  if (sizeOf(shape) * byteWidth[type] !== bytes.length - end)
    throw new Error(
      `npy: expected ${sizeOf(shape) * byteWidth[type]} bytes of ${descr} [${shape}], got ${bytes.length - end}`,
    )
  const array = decode(type, shape, new Uint8Array(bytes.subarray(end)))
  return fortran === 'True' ? gather(array, shape, columnMajorStrides(shape), 0) : array
}

/**
 * Reads a NumPy `.npz` archive, compressed or not, from a path or from its bytes: arrays by name, as {@link parseNpy}
 * gives them. Names lose their `.npy`.
 * @throws naming the file and the array that cannot be read.
 */
export const readNpz = (from: Readable): Promise<Record<string, RawArray>> =>
  withSource(from, (source) => named(`npz ${source.name}`, async () => Object.fromEntries(await arraysOf(source))))

/** Its arrays, which are read at once: their shapes are among their bytes. */
export async function npzContents(source: ByteSource): Promise<Contents> {
  const arrays = await arraysOf(source)
  const lazy = arrays.map(([name, raw]) => {
    const tensor = { dtype: computedType(raw.dtype), shape: raw.shape, read: async () => toNDArray(raw) }
    return [name, tensor] as const
  })
  return { tensors: new Map(lazy) }
}

async function arraysOf(source: ByteSource): Promise<[string, RawArray][]> {
  const zip = await openZip(source)
  const arrays: [string, RawArray][] = []
  for (const name of zip.names) {
    const bytes = await zip.read(name)
    arrays.push([name.replace(/\.npy$/, ''), await named(`array '${name}'`, () => parseNpy(bytes))])
  }
  return arrays
}
