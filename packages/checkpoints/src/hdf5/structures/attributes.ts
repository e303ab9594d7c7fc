import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { shorten } from '../../json/json.ts'
import { named } from '../../tensor-file.ts'
import { type Cursor, textOf } from './cursor.ts'
import { type Datatype, parseDatatype } from './datatype.ts'
import type { Hdf5 } from './file.ts'
import type { TextHeap } from './global-heap.ts'
import { isInHeap } from './group.ts'
import { parseDataspace } from './messages.ts'
import type { ObjectHeader } from './object-header.ts'

/** The attributes of an object that are strings or lists of strings, by name. */
export type Attributes = ReadonlyMap<string, string | readonly string[]>

/**
 * Reads the attributes of an object that are strings, of fixed or variable length. Others are ignored, and so are those
 * with a shared type, and all attributes in a fractal heap.
 * @throws if one is corrupt.
 */
export async function attributesOf(file: Hdf5, heap: TextHeap, header: ObjectHeader): Promise<Attributes> {
  const attributes = new Map<string, string | readonly string[]>()
  for (const info of header.all('attributeInfo')) if (isInHeap(info, 2)) return attributes
  for (const body of header.all('attribute')) {
    const parsed = parseAttribute(body)
    if (!parsed) continue
    const { name, type, shape, data } = parsed
    if (shape === undefined || (type.kind !== 'text' && type.kind !== 'heap text')) continue
    const texts = await named(`attribute '${shorten(name)}'`, () => textsOf(file, heap, type, sizeOf(shape), data))
    attributes.set(name, shape.length === 0 ? texts[0]! : texts)
  }
  return attributes
}

function parseAttribute(body: Cursor) {
  const version = body.version('attribute', 1, 2, 3)
  const isShared = body.uint(1) !== 0 && version > 1
  const bytes = [body.uint(2), body.uint(2), body.uint(2)] as const
  if (version === 3) body.skip(1)
  const part = (size: number) => {
    const content = body.sub(size)
    if (version === 1) body.skip(Math.min((8 - (size % 8)) % 8, body.left))
    return content
  }
  const name = textOf(part(bytes[0]).bytes(bytes[0]))
  if (isShared) return undefined
  const type = parseDatatype(part(bytes[1]))
  const shape = parseDataspace(part(bytes[2]))
  return { name, type, shape, data: body }
}

async function textsOf(file: Hdf5, heap: TextHeap, type: Datatype, count: number, data: Cursor): Promise<string[]> {
  if (type.bytes === 0 || count * type.bytes > data.left)
    throw new CascadeError(
      'checkpoint',
      `expected ${count} texts of ${type.bytes} bytes, got ${data.left} bytes: corrupt`,
    )
  const texts: string[] = []
  for (let i = 0; i < count; i++) {
    file.spend(type.bytes)
    if (type.kind === 'heap text') texts.push(await heap(data.sub(type.bytes)))
    else {
      const text = textOf(data.bytes(type.bytes))
      texts.push(type.kind === 'text' && type.padding === spaces ? text.trimEnd() : text)
    }
  }
  return texts
}

/** Fortran pads strings with spaces. */
const spaces = 2
