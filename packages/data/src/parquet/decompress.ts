import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { CompressionCodec } from 'hyparquet'

/** The most bytes of a page once it is decompressed: these, or so many times its compressed bytes. */
const maxPageBytes = 1 << 28
const maxInflation = 64

/**
 * The bytes of a compressed page. Node's own gzip and brotli stop at the expected length; hyparquet's have no such
 * limit.
 * @param length the bytes that its header announces.
 * @throws if they are implausibly many, or the page has others.
 */
export async function decompress(codec: CompressionCodec, packed: Uint8Array, length: number): Promise<Uint8Array> {
  if (!(length >= 0 && length <= Math.max(maxPageBytes, maxInflation * packed.length)))
    throw new Error(`a page of ${packed.length} bytes claims to have ${length} decompressed`)
  if (codec === 'UNCOMPRESSED') return packed
  // Loaded when a file needs it, as its start takes a while.
  const { compressors } = await import('hyparquet-compressors')
  const limit = { maxOutputLength: Math.max(length, 1) }
  const bytes = await (codec === 'GZIP'
    ? gunzipSync(packed, limit)
    : codec === 'BROTLI'
      ? brotliDecompressSync(packed, limit)
      : compressors[codec]?.(packed, length))
  if (!bytes) throw new Error(`the compression ${codec} is not supported`)
  if (bytes.length !== length)
    throw new Error(`a page has ${bytes.length} bytes decompressed, its header says ${length}`)
  return bytes
}
