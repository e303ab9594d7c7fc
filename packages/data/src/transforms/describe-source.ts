import type { ImageSource } from '../sources/image-source.ts'
import type { TransformedSource } from './transformed.ts'

/** What a checkpoint says of the images that it was trained on: a JSON value. */
export interface SourceDescription {
  readonly name: string
  /** [count, height, width, channels]. */
  readonly images: readonly (number | null)[]
  /** Their configurations, if there are any. */
  readonly transforms?: readonly unknown[]
}

/** The description of a source: its name, the shape of its images (null where they differ), and its transforms. */
export function describeSource(source: ImageSource): SourceDescription {
  const { name, count, size = [null, null], channels } = source
  const transforms = ((source as Partial<TransformedSource>).transforms ?? []).map(
    ({ name, config = { name } }) => config,
  )
  const images = [count, ...size, channels]
  return transforms.length > 0 ? { name, images, transforms } : { name, images }
}
