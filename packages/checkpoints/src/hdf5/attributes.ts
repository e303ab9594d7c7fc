import { sizeOf } from '@cascade-diffusion/arrays'
import { shorten } from '../json.ts'
import { named } from '../tensor-file.ts'
import { type Cursor, textOf } from './cursor.ts'
import { type Datatype, parseDatatype } from './datatype.ts'
import type { Hdf5 } from './file.ts'
import type { TextHeap } from './global-heap.ts'
import { expectNoHeap } from './group.ts'
import { parseDataspace } from './messages.ts'
import type { ObjectHeader } from './object-header.ts'

/** The attributes of an object that are texts or lists of texts, by name. */
export type Attributes = ReadonlyMap<string, string | readonly string[]>

/**
 * Reads the attributes of an object that are texts, of fixed or variable length; others are left out.
 * @throws if one is corrupt, or there are so many that they are in a fractal heap, which is not supported.
 */
export async function attributesOf(file: Hdf5, heap: TextHeap, header: ObjectHeader): Promise<Attributes> {
  for (const info of header.all('attributeInfo')) expectNoHeap(info, 'attributes of the new kind', 2)
  const attributes = new Map<string, string | readonly string[]>()
  for (const body of header.all('attribute')) {
    const { name, type, shape, data } = parseAttribute(body)
    if (shape === undefined || (type.kind !== 'text' && type.kind !== 'heap text')) continue
    const texts = await named(`attribute '${shorten(name)}'`, () => textsOf(file, heap, type, sizeOf(shape), data))
    attributes.set(name, shape.length === 0 ? texts[0]! : texts)
  }
  return attributes
}

function parseAttribute(body: Cursor) {
  const version = body.version('attribute', 1, 2, 3)
  if (body.uint(1) !== 0 && version > 1)
    throw new Error('attribute: expected a type of its own, got a shared one: not supported')
  const bytes = [body.uint(2), body.uint(2), body.uint(2)] as const
  if (version === 3) body.skip(1)
  const part = (size: number) => {
    const content = body.sub(size)
    if (version === 1) body.skip(Math.min((8 - (size % 8)) % 8, body.left))
    return content
  }
  const name = textOf(part(bytes[0]).bytes(bytes[0]))
  const type = parseDatatype(part(bytes[1]))
  const shape = parseDataspace(part(bytes[2]))
  return { name, type, shape, data: body }
}

async function textsOf(file: Hdf5, heap: TextHeap, type: Datatype, count: number, data: Cursor): Promise<string[]> {
  if (type.bytes === 0 || count * type.bytes > data.left)
    throw new Error(`expected ${count} texts of ${type.bytes} bytes, got ${data.left} bytes: corrupt`)
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

/** How Fortran fills up texts. */
const spaces = 2
