import type { ByteImages } from '../images/byte-images.ts'
import type { PreparedShard, ShardFile } from './manifest.ts'

/** An image for a shard. */
export interface ShardImage {
  /** Its index in the source. */
  readonly index: number
  /** Valid until the next one is asked for. */
  readonly image: ByteImages
  readonly label?: number
}

/** Where a shard goes, and of which kind it is. */
export interface ShardPlace {
  readonly folder: string
  /** The shard's number, from 0. */
  readonly number: number
  /** Images at most. */
  readonly most: number
  readonly labelled: boolean
}

/** What a writer of shards made of images. */
export type WrittenShard = Pick<PreparedShard, 'file' | 'bytes' | 'sha256' | 'images'> & { readonly labels?: ShardFile }

/** The shard's number in names of files. */
export const digits = (number: number): string => String(number).padStart(6, '0')
