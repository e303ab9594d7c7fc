import { CascadeError } from '@cascade-diffusion/checks'
import type { Cursor } from './cursor.ts'
import type { Hdf5 } from './file.ts'

/** The types of messages of an object header that are read. */
const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const

export type MessageType = keyof typeof messageTypes

/** The header of an object: its messages by type. */
export interface ObjectHeader {
  has(type: MessageType): boolean
  /** The bodies of all messages of a type. @throws if one is shared with other objects. */
  all(type: MessageType): readonly Cursor[]
  /** The body of the first message of a type. @throws if there is none. */
  one(type: MessageType): Cursor
}

interface Message {
  readonly type: number
  readonly flags: number
  readonly body: Cursor
}

/** The layout of a version of headers: the first block, the others, and the messages in them. */
interface HeaderLayout {
  readonly first: Cursor
  next(address: number | undefined, bytes: number): Promise<Cursor>
  readonly messagePrefix: number
  message(block: Cursor): Message
}

const isShared = 2

/** The most messages of an object: old headers count them in two bytes. */
const maxMessages = 0xffff

/**
 * Reads the header of an object (HDF5 file format 3.0, IV.A; versions 1 and 2) and its continuations. @throws if it is
 * corrupt.
 */
export async function readObjectHeader(file: Hdf5, address: number | undefined): Promise<ObjectHeader> {
  const isVersion1 = (await file.read(address, 1)).uint(1) === 1
  const layout = isVersion1 ? await version1(file, address!) : await version2(file, address!)
  const messages: Message[] = []
  const seen = new Set<number | undefined>()
  const blocks = [layout.first]
  for (const block of blocks)
    while (block.left >= layout.messagePrefix) {
      const message = layout.message(block)
      messages.push(message)
      if (messages.length > maxMessages)
        throw new CascadeError('checkpoint', `expected at most ${maxMessages} messages of an object, got more`)
      if (message.type !== messageTypes.continuation) continue
      const next = message.body.address()
      if (seen.has(next))
        throw new CascadeError('checkpoint', "expected an object's header that ends, got a cycle: corrupt")
      seen.add(next)
      blocks.push(await layout.next(next, message.body.length()))
    }
  const all = (type: MessageType) => {
    const found = messages.filter((message) => message.type === messageTypes[type])
    if (found.some(({ flags }) => flags & isShared))
      throw new CascadeError(
        'checkpoint',
        `expected the ${type} of an object in its header, got one shared with others: not supported`,
      )
    return found.map(({ body }) => body)
  }
  return {
    has: (type) => messages.some((message) => message.type === messageTypes[type]),
    all,
    one(type) {
      const [body] = all(type)
      if (!body) throw new CascadeError('checkpoint', `expected the ${type} of an object, there is none: corrupt`)
      return body
    },
  }
}

async function version1(file: Hdf5, address: number): Promise<HeaderLayout> {
  const prefix = await file.read(address, 16)
  prefix.skip(8)
  const bytes = prefix.uint(4)
  return {
    first: await file.read(address + 16, bytes),
    next: (at, size) => file.read(at, size),
    messagePrefix: 8,
    message(block) {
      const type = block.uint(2)
      const size = block.uint(2)
      const flags = block.uint(1)
      block.skip(3)
      return { type, flags, body: block.sub(size) }
    },
  }
}

async function version2(file: Hdf5, address: number): Promise<HeaderLayout> {
  const prefix = await file.read(address, 6)
  prefix.expect('OHDR')
  prefix.version("an object's header", 2)
  const flags = prefix.uint(1)
  const sizeBytes = 1 << (flags & 3)
  const times = (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0)
  const size = await file.read(address + 6 + times, sizeBytes)
  const order = flags & 4 ? 2 : 0
  return {
    first: await file.read(address + 6 + times + sizeBytes, size.uint(sizeBytes)),
    async next(at, bytes) {
      const block = await file.read(at, bytes)
      block.expect('OCHK')
      return block.sub(bytes - 8)
    },
    messagePrefix: 4 + order,
    message(block) {
      const type = block.uint(1)
      const bytes = block.uint(2)
      const messageFlags = block.uint(1)
      block.skip(order)
      return { type, flags: messageFlags, body: block.sub(bytes) }
    },
  }
}
