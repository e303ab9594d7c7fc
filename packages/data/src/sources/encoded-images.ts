import type { DecodeOptions } from '../decode/decode-image.ts'
import type { FileVersion } from '../reading/open-file.ts'

/** An encoded image (JPEG, PNG, …): its bytes, or the place of its bytes in a file. */
export type EncodedImage = EncodedBytes | FileRange

/** An encoded image in memory. */
export interface EncodedBytes {
  /** What errors call it: the path, or the shard and the key in it. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** An encoded image on the disk. */
export interface FileRange {
  /** What errors call it: the path, or the shard and the key in it. */
  readonly name: string
  readonly path: string
  /** The first byte. 0. */
  readonly offset?: number
  /** Bytes. To the end of the file. */
  readonly length?: number
  /** The file in which the place was found: reading another is an error. Default: not checked. */
  readonly version?: FileVersion
}

/** Encoded images at given indices. */
export interface LocatedImages {
  /** One for each index. */
  readonly images: readonly EncodedImage[]
  /** One label for each index, from a labelled source. */
  readonly labels?: ArrayLike<number>
}

/**
 * The encoded images of a source: what its `read` decodes. A loader has them decoded by threads of its own, so a source that has them
 * only finds them: `locate` is quick.
 */
export interface EncodedImages {
  /** How they are decoded. */
  readonly decoding: DecodeOptions
  /** Where the encoded images at the indices are, in their order; an index may come twice. */
  locate(indices: readonly number[]): Promise<LocatedImages>
}
