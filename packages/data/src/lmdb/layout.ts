/**
 * How a version of LMDB's data format lays out its pages. Every page begins with a header, which ends with its flags (2 bytes) and with
 * either the ends of its free space (2 × 2 bytes) or, in an overflow page, the number of its pages (4 bytes). All numbers are
 * little-endian. Source: `mdb.c` of LMDB 0.9.36 (version 1) and 1.0.2 (version 3).
 */
export interface Layout {
  readonly version: 1 | 3
  /** Bytes of the header of a page. */
  readonly header: number
  /** The byte of a page that its offsets count from. */
  readonly base: number
  /** Bytes that a leaf keeps of a value on overflow pages. They begin with the page's number. */
  readonly pointer: number
  /** What the place of a value behind its key is a multiple of, counted from the key. */
  readonly step: 1 | 2
  /** What the name of a database ends with, as a key. */
  readonly nameEnd: string
}

/** Of LMDB 0.9. */
export const layout1: Layout = { version: 1, header: 16, base: 0, pointer: 8, step: 1, nameEnd: '' }

/** Of LMDB 1.0. */
export const layout3: Layout = { version: 3, header: 24, base: 24, pointer: 24, step: 2, nameEnd: '\0' }

/** The flags that say what a page is. Others only matter while a writer has it. */
export const pageKind = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08, leafOfFixed: 0x20, inner: 0x40 }

/** All of {@link pageKind}. */
export const pageKinds = 0x6f

/** The flags of an entry of a leaf. */
export const entryFlag = { overflow: 0x01, database: 0x02, duplicates: 0x04 }

/** The flags of a database. */
export const databaseFlag = { reverseKey: 0x02, duplicates: 0x04, integerKey: 0x08 }

/** The largest depth of a tree. */
export const maxDepth = 32

/** A number of 8 bytes. Above 2^53 it is not exact; all checks refuse such numbers. */
export const readNumber = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32

/** Bytes as a Buffer, without copying them. */
export const bufferOf = (bytes: Uint8Array<ArrayBuffer>): Buffer => Buffer.from(bytes.buffer)
