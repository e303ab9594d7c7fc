import type { ByteImages } from '../images/byte-images.ts'
import { imageGrid } from '../images/image-grid.ts'
import { resizeCrop } from '../transforms/crops/resize-crop.ts'

/** Rows and columns of a sheet, and the side of an image in it. */
const [mostRows, columns, side] = [20, 12, 64]

/** Some of the images, cut to squares. */
export interface ContactSheet {
  /** A row for each class, or several rows of images that are not labelled. */
  readonly rows: readonly SheetRow[]
  /** All of them in one picture, a row above the next. */
  readonly picture: ByteImages
}

/** A row of a sheet. */
export interface SheetRow {
  /** The class. */
  readonly name?: string
  /** 64×64. */
  readonly images: readonly ByteImages[]
}

/**
 * Collects images for a sheet: with classes, a row for each of at most 20 of them, spread over all that have images; without, images
 * spread over the set.
 * @param images of each class, or in all.
 */
export function sheetCollector(classes: readonly { name: string; images: number }[] | undefined, inspected: number) {
  const thumbnail = resizeCrop({ size: side })
  const present = classes?.map(({ images }, label) => ({ images, label })).filter(({ images }) => images > 0)
  const chosen = present && spread(present.length, mostRows).map((i) => present[i]!.label)
  const rows = new Map((chosen ?? []).map((label) => [label, [] as ByteImages[]]))
  const all: ByteImages[] = []
  const every = Math.max(1, Math.ceil(inspected / (8 * columns)))
  let seen = 0
  return {
    add(image: ByteImages, label: number | undefined): void {
      const row = classes ? rows.get(label ?? -1) : seen++ % every === 0 ? all : undefined
      if (row && (!classes || row.length < columns)) row.push(thumbnail.apply(image, undefined))
    },
    /** Undefined if there was no image. */
    sheet(): ContactSheet | undefined {
      const lines: SheetRow[] = classes
        ? [...rows].map(([label, images]) => ({ name: classes[label]!.name, images }))
        : Array.from({ length: Math.ceil(all.length / columns) }, (_, i) => ({
            images: all.slice(i * columns, (i + 1) * columns),
          }))
      const filled = lines.filter(({ images }) => images.length > 0)
      if (filled.length === 0) return undefined
      return { rows: filled, picture: imageGrid(filled.map(({ images }) => images)) }
    },
  }
}

/** At most `most` of 0 … count - 1, spread over all. */
const spread = (count: number, most: number): number[] =>
  Array.from({ length: Math.min(count, most) }, (_, i) => Math.floor((i * count) / Math.min(count, most)))
