import type { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { ByteImages } from '../images/byte-images.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { readImages } from '../sources/read-images.ts'

/** Which images are read, and what they are drawn by. */
export interface ReadRequest {
  readonly indices: readonly number[]
  /** The key of the batch. */
  readonly rng: Rng | undefined
  /** The place in the batch of the first index. The others follow it. */
  readonly firstIndex: number
  /** Called once images have been found, with the bytes in memory that they hold until they are made. */
  readonly located?: (bytes: number) => void
}

/** An image that was read, or why it could not be. */
export interface ReadImage {
  /** What reports call it. */
  readonly name: string
  readonly image: ByteImages | CascadeError
  readonly label?: number
}

/** What a reader gives. */
export interface ReadResult {
  readonly images: readonly ReadImage[]
  /** Gives the memory of the images back. */
  release(): void
}

/** Reads images of a source. */
export interface ImageReader {
  /** The bytes of an image in memory: those of the largest so far, if images have no size that is known. */
  readonly imageBytes: number
  read(request: ReadRequest): Promise<ReadResult>
  awaited(waiting: boolean): void
  close(): Promise<void>
}

/** A reader of a source that reads by itself. */
export function sourceReader(source: ImageSource): ImageReader {
  const { name, size, channels } = source
  let imageBytes = size ? size[0] * size[1] * channels : 0
  const running = new Set<Promise<unknown>>()
  return {
    get imageBytes() {
      return imageBytes
    },
    async read({ indices, rng, firstIndex, located }) {
      located?.(0)
      const reading = readImages(source, indices, { rng, firstIndex })
      running.add(reading)
      const { images, labels } = await reading.finally(() => running.delete(reading))
      for (const { data } of images) imageBytes = Math.max(imageBytes, data.length)
      const named = images.map((image, i) => ({ name: `image ${indices[i]} of ${name}`, image, label: labels?.[i] }))
      return { images: named, release() {} }
    },
    awaited() {},
    close: async () => {
      await Promise.allSettled(running)
    },
  }
}
