import { inflateSync } from 'node:zlib'
import { CascadeError } from '@cascade-diffusion/checks'

/** A variable of a file of MATLAB. */
export type MatValue =
  | { readonly kind: 'numbers'; readonly dims: readonly number[]; readonly data: readonly number[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cells'; readonly dims: readonly number[]; readonly cells: readonly MatValue[] }
  | {
      readonly kind: 'structs'
      readonly dims: readonly number[]
      /** The structs, in column-major order. */
      readonly structs: readonly ReadonlyMap<string, MatValue>[]
    }

const headerBytes = 128
/** The most bytes of an inflated variable: that of ImageNet's devkit has 1 MB. */
const maxInflated = 1 << 26
const maxDepth = 16

/** Types of data elements. */
const matrixType = 14
const compressedType = 15

type Reader = (view: DataView, at: number, little: boolean) => number
/** The bytes of a number of each type, and how it is read. */
const numberTypes: Readonly<Record<number, readonly [number, Reader]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
}

/** Classes of arrays. */
const cellClass = 1
const structClass = 2
const textClass = 4
const isNumberClass = (mxClass: number) => mxClass >= 6 && mxClass <= 15

/** A part of a file: its type, and where its content is. */
interface Element {
  readonly type: number
  readonly from: number
  readonly to: number
  /** Where the next one begins. */
  readonly next: number
}

/**
 * Reads a file of MATLAB 5 to 7 (`save` without `-v7.3`): numbers, texts, cells and structs, by the names of the variables. Others are
 * left out. Variables may be compressed.
 * @throws {CascadeError} of code `data` if the file is of another kind, or damaged.
 */
export function readMat5(bytes: Uint8Array, file: string): ReadonlyMap<string, MatValue> {
  const isMat = bytes.length >= headerBytes && Buffer.from(bytes.subarray(0, 10)).toString('latin1') === 'MATLAB 5.0'
  const order = isMat ? String.fromCharCode(bytes[126]!, bytes[127]!) : ''
  if (order !== 'IM' && order !== 'MI')
    throw new CascadeError('data', `${file}: expected a file of MATLAB 5, which begins with 'MATLAB 5.0'`)
  const little = order === 'IM'
  const values = new Map<string, MatValue>()
  try {
    for (let at = headerBytes; at < bytes.length; ) {
      const element = elementAt(viewOf(bytes), at, bytes.length, little)
      const content = bytes.subarray(element.from, element.to)
      if (element.type === compressedType) {
        const inflated = inflateSync(content, { maxOutputLength: maxInflated })
        const view = viewOf(inflated)
        addVariable(values, view, elementAt(view, 0, inflated.length, little), little)
      } else addVariable(values, viewOf(bytes), element, little)
      at = element.next
    }
  } catch (cause) {
    throw new CascadeError('data', `${file}: could not be read: ${(cause as Error).message}`, { cause })
  }
  return values
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array) => new DataView(buffer, byteOffset, length)

function addVariable(values: Map<string, MatValue>, view: DataView, element: Element, little: boolean): void {
  if (element.type !== matrixType) return
  const { name, value } = matrixOf(view, element, little, 0)
  if (value) values.set(name, value)
}

/** The element at a place. Small ones have their content within the tag. All but compressed ones are padded to 8 bytes. */
function elementAt(view: DataView, at: number, end: number, little: boolean): Element {
  if (at + 8 > end) throw new Error(`expected an element at ${at}, got the end`)
  const first = view.getUint32(at, little)
  const small = first >>> 16
  if (small > 0) {
    if (small > 4) throw new Error(`expected at most 4 bytes in the small element at ${at}, got ${small}`)
    return { type: first & 0xffff, from: at + 4, to: at + 4 + small, next: at + 8 }
  }
  const to = at + 8 + view.getUint32(at + 4, little)
  if (to > end) throw new Error(`expected ${to - at - 8} bytes at ${at + 8}, got ${end - at - 8}`)
  return {
    type: first,
    from: at + 8,
    to,
    next: first === compressedType ? to : at + 8 + 8 * Math.ceil((to - at - 8) / 8),
  }
}

/** An array, with its name. Its value is undefined if it is of a class that is not read. */
function matrixOf(
  view: DataView,
  { from, to }: Element,
  little: boolean,
  depth: number,
): { name: string; value?: MatValue } {
  if (depth > maxDepth) throw new Error(`expected at most ${maxDepth} arrays within each other, got more`)
  if (from === to) return { name: '', value: { kind: 'numbers', dims: [0, 0], data: [] } }
  let at = from
  const next = (): Element => {
    const element = elementAt(view, at, to, little)
    at = element.next
    return element
  }
  const flags = next()
  const mxClass = view.getUint32(flags.from, little) & 0xff
  const dims = numbersOf(view, next(), little)
  const name = textOf(view, next(), little)
  const count = dims.reduce((product, n) => product * n, 1)
  const child = (): MatValue => {
    const { value } = matrixOf(view, next(), little, depth + 1)
    return value ?? { kind: 'numbers', dims: [0, 0], data: [] }
  }
  // Each element takes 8 bytes at least.
  const checkCount = (elements: number): void => {
    if (!(count >= 0 && elements >= 0 && 8 * elements <= to - at))
      throw new Error(`expected ${elements} elements at ${at}, got ${to - at} bytes`)
  }
  if (isNumberClass(mxClass)) return { name, value: { kind: 'numbers', dims, data: numbersOf(view, next(), little) } }
  if (mxClass === textClass) return { name, value: { kind: 'text', text: textOf(view, next(), little) } }
  if (mxClass === cellClass) {
    checkCount(count)
    return { name, value: { kind: 'cells', dims, cells: Array.from({ length: count }, child) } }
  }
  if (mxClass !== structClass) return { name }
  const [width = 0] = numbersOf(view, next(), little)
  const names = fieldNames(textOf(view, next(), little), width)
  checkCount(count * Math.max(names.length, 1))
  const structs = Array.from({ length: count }, () => new Map(names.map((field) => [field, child()])))
  return { name, value: { kind: 'structs', dims, structs } }
}

/** Names of `width` bytes each, filled up with zeros. */
function fieldNames(text: string, width: number): string[] {
  if (!(width > 0)) throw new Error(`expected the length of names of fields, got ${width}`)
  const names = Array.from({ length: Math.floor(text.length / width) }, (_, i) =>
    text.slice(i * width, (i + 1) * width),
  )
  return names.map((name) => name.replace(/\0.*$/s, ''))
}

function numbersOf(view: DataView, { type, from, to }: Element, little: boolean): number[] {
  const [width, read] = numberTypes[type] ?? []
  if (!width || !read) throw new Error(`expected numbers at ${from}, got an element of type ${type}`)
  return Array.from({ length: Math.floor((to - from) / width) }, (_, i) => read(view, from + i * width, little))
}

function textOf(view: DataView, { type, from, to }: Element, little: boolean): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + from, to - from)
  if (type === 16) return bytes.toString('utf8')
  if (type === 1 || type === 2) return bytes.toString('latin1')
  if (type === 4 || type === 17)
    return (little ? bytes : Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()).toString('utf16le')
  throw new Error(`expected a text at ${from}, got an element of type ${type}`)
}
