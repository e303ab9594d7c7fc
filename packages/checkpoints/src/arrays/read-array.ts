import { allocate, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { type ByteSource, checkRange, chunkBytes } from '../sources/byte-source.ts'
import { swapBytes } from './byte-order.ts'
import { byteWidth, checkBooleans, computedType, convert, decode, type StoredType } from './elements.ts'

/** The place of an array's elements in a file, row by row. */
export interface Place {
  readonly type: StoredType
  readonly shape: readonly number[]
  /** The first byte. */
  readonly offset: number
  readonly bigEndian?: boolean
}

/** Bytes to read, and what to do with them. */
export interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly use?: (bytes: Uint8Array<ArrayBuffer>) => void
}

/** Reads in progress at once: enough to keep the system busy while one piece is hashed or converted. */
const readsAhead = 4

/** Reads pieces and uses them in order. While one is used, the next ones are being read. */
export async function readPieces(source: ByteSource, pieces: Iterable<Piece>, digest?: (bytes: Uint8Array) => void) {
  const waiting: { piece: Piece; read: Promise<unknown> }[] = []
  const settle = async () => {
    const { piece, read } = waiting.shift()!
    const failure = await read
    if (failure) throw failure
    digest?.(piece.bytes)
    piece.use?.(piece.bytes)
  }
  try {
    for (const piece of pieces) {
      if (waiting.length === readsAhead) await settle()
      waiting.push({ piece, read: source.readInto(piece.bytes, piece.offset).catch((error: unknown) => error) })
    }
    while (waiting.length > 0) await settle()
  } finally {
    // After an error: the source may be closed only when all reads have ended.
    for (const { read } of waiting) await read
  }
}

/** Pieces of bytes that are hashed only. */
export function* digestedPieces(offset: number, length: number): Generator<Piece> {
  for (let at = 0; at < length; at += chunkBytes)
    yield { offset: offset + at, bytes: new Uint8Array(Math.min(chunkBytes, length - at)) }
}

/**
 * Allocates an array, and returns the pieces that fill it. Elements in the type of computation are read into their
 * final memory; others pass through pieces of a few MiB.
 * @throws if the elements reach past the end of the source; nothing is allocated then.
 */
export function arrayPieces(
  source: ByteSource,
  place: Place,
  pieceBytes = chunkBytes,
): { array: NDArray; pieces: Iterable<Piece> } {
  const { type, shape, offset, bigEndian } = place
  const width = byteWidth[type]
  checkRange(source, offset, sizeOf(shape) * width)
  const dtype = computedType(type)
  const data = allocate(dtype, sizeOf(shape))
  function* pieces(): Generator<Piece> {
    const step = pieceBytes / width
    for (let at = 0; at < data.length; at += step) {
      const part = data.subarray(at, at + step)
      const isFinal = type === dtype
      const bytes = isFinal
        ? new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength)
        : new Uint8Array(part.length * width)
      const use = () => {
        if (bigEndian) swapBytes(bytes, width)
        if (type === 'bool') checkBooleans(bytes)
        if (!isFinal) convert(decode(type, [part.length], bytes), part)
      }
      yield { offset: offset + at * width, bytes, use }
    }
  }
  return { array: { dtype, shape: [...shape], data }, pieces: pieces() }
}

/** Bytes that are hashed at once, which takes about as long as reading the next ones. */
export const checkedBytes = 1 << 20

/** Reads one array into its final memory. @throws as {@link arrayPieces}, and on integers outside the int32 range. */
export async function readArray(source: ByteSource, place: Place, digest?: (bytes: Uint8Array) => void) {
  const { array, pieces } = arrayPieces(source, place, digest && checkedBytes)
  await readPieces(source, pieces, digest)
  return array
}
