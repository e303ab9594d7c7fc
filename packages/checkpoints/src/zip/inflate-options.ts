/** The smallest piece that zlib makes at a time. */
const minPiece = 64

/** The most bytes that deflate makes of one. */
export const maxDeflation = 1032

/** How zlib inflates to at most so many bytes, in one piece: else it joins pieces of 16 KiB. */
export const inflateOptions = (packed: Uint8Array, bytes: number) => ({
  maxOutputLength: Math.max(bytes, 1),
  chunkSize: Math.max(Math.min(bytes, maxDeflation * packed.length), minPiece),
})
