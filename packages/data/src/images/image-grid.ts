import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import { type ByteImages, separate } from './byte-images.ts'

/** Options of {@link imageGrid}. */
export interface ImageGridOptions {
  /** Pixels of background between the images and around them. Default 2. */
  padding?: number
  /** The side, in pixels of the picture, of a pixel of the largest image. Default 1. */
  scale?: number
  /** The grey of the background, 0 to 255. Default 255. */
  background?: number
}

/**
 * One picture of rows of images. An image is [height, width, 1 to 4] in bytes or float32 in [-1, 1]; several, as [n, height, width,
 * channels], stand side by side. All cells are as large as the largest image; smaller images are
 * upsampled to it without smoothing. The picture is grey if all images are, and has alpha if one has; shorter rows end in background, which is
 * opaque.
 * @throws if there is no image, a value is not finite, or an option is unknown or out of range.
 */
export function imageGrid(
  rows: readonly (readonly (ByteImages | NDArray<'float32'>)[])[],
  options: ImageGridOptions = {},
): ByteImages {
  checkOptions('imageGrid', options, { padding: true, scale: true, background: true })
  const { padding = 2, scale = 1, background = 255 } = options
  checkInteger('imageGrid', 'a padding', padding, { from: 0 })
  checkInteger('imageGrid', 'a scale', scale, { from: 1 })
  if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row)))
    throw new CascadeError('input', `imageGrid: expected rows of images, a list of lists, got ${shown(rows)}`)
  const cells = rows.map((row) => row.flatMap(separate))
  const images = cells.flat()
  if (images.length === 0) throw new CascadeError('input', 'imageGrid: expected at least one image')
  const cellHeight = scale * Math.max(...images.map(({ shape }) => shape[0]!))
  const cellWidth = scale * Math.max(...images.map(({ shape }) => shape[1]!))
  const all = images.map(({ shape }) => shape[2]!)
  const colours = Math.max(...all) > 2 ? 3 : 1
  const alpha = all.some((c) => c % 2 === 0)
  const channels = alpha ? colours + 1 : colours
  const height = padding + cells.length * (cellHeight + padding)
  const width = padding + Math.max(...cells.map((row) => row.length)) * (cellWidth + padding)
  const data = new Uint8Array(height * width * channels).fill(background)
  if (alpha) for (let i = colours; i < data.length; i += channels) data[i] = 255
  cells.forEach((row, r) => {
    row.forEach((image, column) => {
      const [h, w, c] = image.shape as [number, number, number]
      const top = padding + r * (cellHeight + padding)
      const left = padding + column * (cellWidth + padding)
      for (let y = 0; y < cellHeight; y++)
        for (let x = 0; x < cellWidth; x++) {
          const from = (Math.floor((y * h) / cellHeight) * w + Math.floor((x * w) / cellWidth)) * c
          const to = ((top + y) * width + left + x) * channels
          for (let k = 0; k < colours; k++) data[to + k] = image.data[from + (c < 3 ? 0 : k)]!
          if (c % 2 === 0) data[to + colours] = image.data[from + c - 1]!
        }
    })
  })
  return { shape: [height, width, channels], data }
}
