import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { encodePng } from '../images/png.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'
import { imageDataset, type LabelledDataset } from '../sources/image-dataset.ts'
import type { LabelledSource } from '../sources/image-source.ts'

/** Grey images of 2×2, all pixels of image i being i, with the labels given, as indices into a, b, c, …. */
export function tiles(labels: readonly number[]): LabelledDataset {
  const classNames = Array.from({ length: Math.max(...labels) + 1 }, (_, k) => String.fromCharCode(97 + k))
  const data = Uint8Array.from({ length: 4 * labels.length }, (_, i) => i >> 2)
  return imageDataset({ name: 'tiles', images: { shape: [labels.length, 2, 2, 1], data }, labels, classNames })
}

/** {@link tiles} as PNG files in a new folder, with their folder. */
export function tileFiles(
  labels: readonly number[],
  order: readonly number[] = labels.map((_, i) => i),
  folder = temporaryFolder(),
): EncodedSource & LabelledSource & { readonly folder: string } {
  const { images, classNames } = tiles(labels)
  const paths = order.map((i) => {
    const path = join(folder, `${i}.png`)
    writeFileSync(path, encodePng({ shape: [2, 2, 1], data: images.data.subarray(4 * i, 4 * i + 4) }))
    return path
  })
  const source = encodedSource({
    name: 'files',
    count: paths.length,
    classNames,
    readLabels: async () => Int32Array.from(order, (i) => labels[i]!),
    encoded: {
      decoding: { channels: 1 },
      locate: async (indices) => ({
        images: indices.map((i): EncodedImage => ({ name: paths[i]!, path: paths[i]! })),
        labels: indices.map((i) => labels[order[i]!]!),
      }),
    },
  })
  return { ...source, classNames, folder }
}

/** The first pixel of every image, and every label, by each of the ways to read them. */
export async function contents(source: LabelledSource): Promise<{ pixels: number[]; labels: number[] }> {
  const indices = Array.from({ length: source.count }, (_, i) => i)
  const { images, labels } = await source.read(indices)
  return { pixels: images.map(({ data }) => data[0]!), labels: Array.from(labels ?? []) }
}
