import { CascadeError } from '@cascade-diffusion/checks'
import { swapBytes } from '../arrays/byte-order.ts'
import { byteWidth, decode, type RawArray, type StoredType } from '../arrays/elements.ts'
import { columnMajorStrides, gather } from '../arrays/strides.ts'
import { isShape, shorten } from '../json/json.ts'
import { type Pickled, PickledGlobal } from '../pytorch/pickled.ts'
import { unpickle } from '../pytorch/unpickle.ts'
import { elementTypes } from './npy-header.ts'

/**
 * Reads a pickle of plain data, protocols 2 to 5, of Python 2 or 3: numbers, booleans, text, lists, dicts, bytes and arrays of NumPy.
 * Nothing is executed.
 * @returns tuples, lists and sets as arrays, dicts as Maps, None as null, bytes as a `Uint8Array`, arrays of NumPy as a {@link RawArray}
 * in the precision of the file, row-major (float16 as float32). Integers beyond 2^53 are NaN. Strings of Python 2, which may be bytes,
 * are text of Latin-1. Bytes and arrays of bytes are views of the given ones where they can be.
 * @throws {CascadeError} of code `checkpoint` if the pickle is damaged, or calls any other class or function: it is named.
 */
export function readPickle(content: Uint8Array): unknown {
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.length) // a Buffer would slice without a copy
  // An array is copied at most three times: from text to bytes, to aligned memory, to row-major order. A short pickle that uses one
  // text again and again would take more.
  let left = 3 * bytes.length
  const spend = (made: number): void => {
    left -= made
    if (left < 0)
      throw new CascadeError('checkpoint', `pickle: expected at most ${3 * bytes.length} bytes of arrays, got more`)
  }
  const bytesOf = (value: Pickled, what: string): Uint8Array<ArrayBuffer> => {
    if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>
    if (typeof value !== 'string') throw new CascadeError('checkpoint', `pickle: expected the bytes of ${what}`)
    spend(value.length)
    return new Uint8Array(Buffer.from(value, 'latin1'))
  }
  const arrayOf = (dtype: Pickled, shape: Pickled, columnMajor: boolean, data: Pickled): RawArray => {
    if (!(dtype instanceof PickledType) || !isShape(shape))
      throw new CascadeError('checkpoint', 'pickle: expected the type and shape of an array of NumPy')
    const { type, bigEndian } = dtype.checked()
    const given = bytesOf(data, `an array [${shape}]`)
    const width = byteWidth[type]
    if (width > 1) spend(given.length)
    const own = width > 1 ? given.slice() : given
    if (bigEndian && width > 1) swapBytes(own, width)
    const array = decode(type, shape, own)
    if (!columnMajor || shape.length < 2) return array
    spend(array.data.byteLength)
    return gather(array, shape, columnMajorStrides(shape), 0)
  }
  const call = ({ name }: PickledGlobal, args: readonly Pickled[]): Pickled => {
    const [first, second, shape, order] = args
    switch (name.replace(/^numpy\._core\./, 'numpy.core.')) {
      case '_codecs.encode':
        return bytesOf(first, 'an encoded text')
      case '__builtin__.bytes':
      case 'builtins.bytes':
        if (args.length === 0) return new Uint8Array(0)
        break
      case 'collections.OrderedDict':
        if (args.length === 0) return new Map()
        break
      case 'numpy.dtype':
        return new PickledType(first)
      case 'numpy.core.multiarray._reconstruct':
        return new PickledArray()
      case 'numpy.core.multiarray.scalar':
        return arrayOf(first, [], false, second).data[0]
      case 'numpy.core.numeric._frombuffer':
        return arrayOf(second, shape, order === 'F', first)
    }
    throw new CascadeError('checkpoint', `pickle: refused '${name}': only plain data and arrays of NumPy are read`)
  }
  const build = (object: Pickled, state: Pickled): void => {
    const parts: readonly Pickled[] = Array.isArray(state) ? state : []
    if (object instanceof PickledArray) Object.assign(object, arrayOf(parts[2], parts[1], parts[3] === true, parts[4]))
    else if (object instanceof PickledType) object.order = parts[1]
    else throw new CascadeError('checkpoint', 'pickle: expected plain data, got the state of an object')
  }
  const persistent = (): never => {
    throw new CascadeError('checkpoint', 'pickle: expected plain data, got a persistent id')
  }
  const value = unpickle(bytes, { call, build, persistent, bytes: (part) => part })
  if (value instanceof PickledGlobal)
    throw new CascadeError('checkpoint', `pickle: expected plain data, got '${value.name}'`)
  return value
}

/** An array of NumPy, whose content comes after itself. */
class PickledArray {
  readonly dtype = 'uint8'
  readonly shape: readonly number[] = [0]
  readonly data = new Uint8Array(0)
}

/** An element type of NumPy, whose byte order comes after itself. */
class PickledType {
  order: Pickled = '<'
  constructor(readonly code: Pickled) {}

  checked(): { type: StoredType; bigEndian: boolean } {
    const type = typeof this.code === 'string' ? elementTypes.get(this.code) : undefined
    if (type) return { type, bigEndian: this.order === '>' }
    throw new CascadeError(
      'checkpoint',
      `pickle: expected an array of ${[...elementTypes.keys()].join(', ')}, got '${shorten(String(this.code))}'`,
    )
  }
}
