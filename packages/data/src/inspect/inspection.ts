import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { ImageSize } from '../images/image-size.ts'

/** An image that stands for others. */
export interface NamedImage {
  readonly index: number
  readonly name: string
}

/** The least, the middle and the greatest of some numbers. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly greatest: number
}

/** A number of images that have something in common. */
export interface Share<T> {
  readonly what: T
  readonly images: number
}

/** The sizes of images, as decoded. */
export interface SizeFigures {
  readonly height: Spread
  readonly width: Spread
  /** How many different sizes there are. */
  readonly different: number
  /** The most frequent ones, at most 20. */
  readonly common: readonly Share<ImageSize>[]
  /** Images by width / height: each up to and without the next, the last without an end. */
  readonly aspectRatios: readonly { readonly from: number; readonly images: number }[]
  /** The images with the fewest and with the most pixels. */
  readonly smallest: NamedImage & { readonly size: ImageSize }
  readonly largest: NamedImage & { readonly size: ImageSize }
}

/** What the encoded images are. */
export interface StoredFigures {
  /** Bytes of all. */
  readonly bytes: number
  /** Bytes of one. */
  readonly bytesEach: Spread
  /** `jpeg`, `png`, …, the most frequent first. */
  readonly formats: readonly Share<string>[]
  /** `RGB`, `grey`, `RGB, alpha`, `palette`, `CMYK`, `grey, 16 bits`, …, the most frequent first. */
  readonly modes: readonly Share<string>[]
  /** Images that an EXIF orientation turns. */
  readonly turned: number
  /** Images with an embedded colour profile, which is ignored. */
  readonly profiles: number
  /** Images of several frames or pages, of which the first is read. */
  readonly animated: number
}

/** Images of the same content. */
export interface DuplicateFigures {
  /** Images beyond the first of their content. */
  readonly copies: number
  /** Contents that come more than once. */
  readonly groups: number
  /** Groups whose images have different labels. */
  readonly conflicting: number
  /** The first groups, at most 50, with at most 10 images each. */
  readonly shown: readonly { readonly images: number; readonly first: readonly NamedImage[] }[]
}

/** What is in a source of images: a JSON value. */
export interface Inspection {
  readonly name: string
  /** Images of the source. */
  readonly count: number
  /** Images that were looked at: all, or a sample. */
  readonly inspected: number
  /** Channels as decoded. */
  readonly channels: number
  /** Images of each class, in the order of the classes: of the whole source if its labels are known, else of those inspected. */
  readonly classes?: readonly { readonly name: string; readonly images: number }[]
  readonly sizes?: SizeFigures
  /** Absent for sources of pixels. */
  readonly stored?: StoredFigures
  /** Of each channel of all pixels, in bytes: 0 to 255. */
  readonly pixels?: { readonly mean: readonly number[]; readonly deviation: readonly number[] }
  readonly duplicates: DuplicateFigures
  readonly unreadable: {
    readonly images: number
    /** At most 100. */
    readonly first: readonly (NamedImage & { readonly error: string })[]
  }
}

/** @throws {CascadeError} of code `input` unless it has the form of an inspection. */
export function checkInspection(where: string, inspection: Inspection): Inspection {
  const { inspected, duplicates, unreadable } = (inspection ?? {}) as Partial<Inspection>
  if (typeof inspected === 'number' && duplicates && unreadable) return inspection
  throw new CascadeError(
    'input',
    `${where}: expected an inspection, as inspectImages gives it, got ${shown(inspection)}`,
  )
}
