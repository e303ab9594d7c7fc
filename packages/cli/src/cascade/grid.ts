import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ByteImages, decodeImage, encodePng, imageGrid, npzImages } from '@cascade-diffusion/data'
import { writeAtomically } from '@cascade-diffusion/files'
import { UsageError } from '../usage-error.ts'

/** Images smaller than this are shown larger. */
const shownPixels = 64

/** @throws UsageError unless a picture of that many images can be written there. */
export function checkGrid(path: string | undefined, count: number): void {
  if (path !== undefined && !/\.png$/i.test(path))
    throw new UsageError(`--grid: expected a file that ends in .png, got '${path}'`)
  if (path !== undefined && count > 2500)
    throw new UsageError(`--grid: expected at most 2500 images in one picture, got --count ${count}`)
}

/** What a picture is made of. */
interface GridOptions {
  /** The folder of PNG files named by place, or the `.npz` file. */
  readonly samples: string
  readonly count: number
  readonly channels: number
  /** Images in a row. Default: about as many as rows. */
  readonly columns?: number
}

/**
 * Writes images that were sampled as one picture, row by row.
 */
export async function writeGrid(path: string, { samples, count, channels, columns }: GridOptions): Promise<void> {
  const images = samples.endsWith('.npz') ? await fromNpz(samples, count) : await fromFolder(samples, count, channels)
  const [height = 1, width = 1] = images[0]?.shape ?? []
  const wide = columns ?? Math.ceil(Math.sqrt(count))
  const rows = Array.from({ length: Math.ceil(count / wide) }, (_, i) => images.slice(i * wide, (i + 1) * wide))
  const grid = imageGrid(rows, { scale: Math.max(1, Math.floor(shownPixels / Math.max(height, width))) })
  await mkdir(dirname(path), { recursive: true })
  await writeAtomically(path, encodePng(grid))
}

async function fromNpz(path: string, count: number): Promise<readonly ByteImages[]> {
  const source = await npzImages(path)
  return (await source.read([...Array(count).keys()])).images
}

async function fromFolder(folder: string, count: number, channels: number): Promise<readonly ByteImages[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{6,}\.png$/.test(name)).sort()
  return Promise.all(
    names.slice(0, count).map(async (name) => {
      const path = join(folder, name)
      return decodeImage(await readFile(path), { channels: channels as 1 | 2 | 3 | 4 }, path)
    }),
  )
}
