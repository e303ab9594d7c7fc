/** The smallest piece that zlib makes. */
const minPiece = 64

/** The most bytes that deflate makes of one byte. */
export const maxDeflation = 1032

/** Options with which zlib inflates to at most n bytes in one piece. By default it joins pieces of 16 KiB. */
export const inflateOptions = (packed: Uint8Array, bytes: number) => ({
  maxOutputLength: Math.max(bytes, 1),
  chunkSize: Math.max(Math.min(bytes, maxDeflation * packed.length), minPiece),
})
