import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import sharp from 'sharp'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'

/** Options of {@link jpegSource}. */
export interface JpegSourceOptions {
  /** Images have from 1 to 1.5 times this side. Default 16. */
  readonly side?: number
  /** Whether the source gives the bytes of images instead of the paths of files. Default false. */
  readonly inMemory?: boolean
}

/** A labelled source of JPEG files of several sizes, `0.jpg`, `1.jpg`, …, which are drawn and written to the folder. */
export async function jpegSource(
  folder: string,
  count: number,
  { side = 16, inMemory = false }: JpegSourceOptions = {},
): Promise<EncodedSource> {
  mkdirSync(folder, { recursive: true })
  const paths: string[] = []
  for (let i = 0; i < count; i++) {
    const [width, height] = [side + ((3 * i) % (side / 2)), side + ((5 * i) % (side / 2))]
    const data = rng(i).integers([height * width * 3], 0, 256).data
    const image = sharp(Uint8Array.from(data), { raw: { width, height, channels: 3 } })
    const path = join(folder, `${i}.jpg`)
    writeFileSync(path, await image.blur(1).jpeg().toBuffer())
    paths.push(path)
  }
  const encodedAt = (index: number): EncodedImage => {
    const path = paths[index]!
    return inMemory ? { name: path, bytes: readFileSync(path) } : { name: path, path }
  }
  return encodedSource({
    name: 'jpegs',
    count,
    classNames: ['even', 'odd'],
    encoded: {
      decoding: {},
      locate: async (indices) => ({ images: indices.map(encodedAt), labels: indices.map((i) => i % 2) }),
    },
  })
}
