import type { writeImages } from '@cascade-diffusion/cascade'
import type { ByteImages } from '@cascade-diffusion/data'

/** What a loaded cascade does with files. Browsers have none. */
export interface Files {
  /** The images at a path: a picture, or whatever `openImages` knows. @throws if there are none. */
  read(path: string): Promise<readonly ByteImages[]>
  write(path: string, bytes: Uint8Array): Promise<void>
  readonly writeImages: typeof writeImages
}
