import type { StoredType } from '../../arrays/elements.ts'
import type { Cursor } from './cursor.ts'

/** The type of the elements of a dataset or an attribute. */
export type Datatype =
  | { readonly kind: 'number'; readonly type: StoredType; readonly bytes: number }
  | { readonly kind: 'text'; readonly bytes: number; readonly padding: number }
  | { readonly kind: 'heap text'; readonly bytes: number }
  | { readonly kind: 'opaque'; readonly bytes: number }
  | { readonly kind: 'other'; readonly bytes: number; readonly what: string }

const classNames = [
  'integers',
  'floats',
  'times',
  'text',
  'bit fields',
  'opaque',
  'compounds',
  'references',
  'enumerations',
  'lists',
  'arrays',
]

/**
 * By the bytes of an element, the place of its exponent, the bits of its exponent and its mantissa, and the bias of the
 * exponent.
 */
const floats: ReadonlyMap<string, StoredType> = new Map([
  ['8 52 11 52 1023', 'float64'],
  ['4 23 8 23 127', 'float32'],
  ['2 10 5 10 15', 'float16'],
  ['2 7 8 7 127', 'bfloat16'],
  ['1 3 4 3 7', 'float8-e4m3'],
  ['1 2 5 2 15', 'float8-e5m2'],
])

const integers: ReadonlyMap<string, StoredType> = new Map([
  ['1 signed', 'int8'],
  ['1 unsigned', 'uint8'],
  ['2 signed', 'int16'],
  ['2 unsigned', 'uint16'],
  ['4 signed', 'int32'],
  ['4 unsigned', 'uint32'],
  ['8 signed', 'int64'],
  ['8 unsigned', 'uint64'],
])

/**
 * Reads a datatype (HDF5 file format 3.0, IV.A.2.d). Only little-endian numbers are supported. @throws if it is cut
 * short.
 */
export function parseDatatype(body: Cursor, isBase = false): Datatype {
  const first = body.uint(1)
  const bits = body.uint(1) | (body.uint(1) << 8)
  body.skip(1)
  const bytes = body.uint(4)
  const other = (what: string): Datatype => ({ kind: 'other', bytes, what })
  const numbers = (type: StoredType | undefined, what: string): Datatype =>
    bits & 1 ? other(`big-endian ${what}`) : type ? { kind: 'number', type, bytes } : other(what)
  switch (first & 15) {
    case 0: {
      const offset = body.uint(2)
      const precision = body.uint(2)
      const type = integers.get(`${bytes} ${bits & 8 ? 'signed' : 'unsigned'}`)
      return numbers(offset === 0 && precision === 8 * bytes ? type : undefined, `integers of ${precision} bits`)
    }
    case 1: {
      const offset = body.uint(2)
      const precision = body.uint(2)
      const fields = [body.uint(1), body.uint(1), body.uint(1), body.uint(1)]
      const format = `${bytes} ${fields[0]} ${fields[1]} ${fields[3]} ${body.uint(4)}`
      const plain = offset === 0 && precision === 8 * bytes && fields[2] === 0 && bits >> 8 === precision - 1
      return numbers(plain ? floats.get(format) : undefined, `floats of ${precision} bits`)
    }
    case 3:
      return { kind: 'text', bytes, padding: bits & 15 }
    case 5:
      return { kind: 'opaque', bytes }
    case 8:
      if (isBase) return other('enumerations of enumerations')
      return parseEnumeration(body, first >> 4, bits, bytes)
    case 9:
      return (bits & 15) === 1 ? { kind: 'heap text', bytes } : other('lists')
    default:
      return other(classNames[first & 15] ?? `elements of class ${first & 15}`)
  }
}

/** Booleans as NumPy writes them: one byte, FALSE 0 and TRUE 1. Other enumerations are read as their integers. */
function parseEnumeration(body: Cursor, version: number, members: number, bytes: number): Datatype {
  const base = parseDatatype(body, true)
  if (base.kind !== 'number' || base.bytes !== 1 || members !== 2) return { ...base, bytes }
  const names: string[] = []
  for (let i = 0; i < members; i++) {
    const start = body.at
    let name = ''
    for (let code = body.uint(1); code !== 0; code = body.uint(1)) name += String.fromCharCode(code)
    if (version < 3) body.align(start)
    names.push(name)
  }
  const values = names.map((name) => `${name} ${body.uint(1)}`)
  return String(values.sort()) === 'FALSE 0,TRUE 1' ? { kind: 'number', type: 'bool', bytes } : base
}
