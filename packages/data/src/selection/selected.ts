import type { ImageSource, ReadImages } from '../sources/image-source.ts'
import { isTransformed, type TransformedSource, transformed } from '../transforms/transformed.ts'

/** Which images of a source another one has. */
export interface Selection {
  /** The name of the new source, made of that of the old. */
  readonly named: (name: string) => string
  readonly count: number
  /** The index in the old source of image i of the new one. */
  readonly at: (i: number) => number
  /** The new classes, and the index in them of each old label. Default: the classes stay. */
  readonly classes?: { readonly names: readonly string[]; readonly of: (label: number) => number }
}

/** Some images of a source: what every source has, not what only this kind has, which would be of all images. */
export type SelectedSource<S extends ImageSource> = Pick<S, Extract<keyof S, keyof TransformedSource>>

/**
 * The source of some images of another, in some order. It has encoded images and labels if the other has, and keeps nothing. A selection of
 * a transformed source is transformed itself, so that a loader finds the encoded images below.
 */
export function selected<S extends ImageSource>(source: S, selection: Selection): SelectedSource<S>
export function selected(source: ImageSource, selection: Selection): ImageSource {
  if (isTransformed(source)) return transformed(selected(source.source, selection), ...source.transforms)
  const { named, count, at, classes } = selection
  const { encoded, channels, size } = source
  const relabelled = (labels: ArrayLike<number> | undefined) =>
    labels && classes ? Int32Array.from(labels, classes.of) : labels
  return {
    name: named(source.name),
    count,
    channels,
    size,
    classNames: source.classNames && (classes?.names ?? source.classNames),
    async read(indices, options): Promise<ReadImages> {
      const { images, labels } = await source.read(indices.map(at), options)
      return { images, labels: relabelled(labels) }
    },
    encoded: encoded && {
      ...encoded,
      async locate(indices) {
        const { images, labels } = await encoded.locate(indices.map(at))
        return { images, labels: relabelled(labels) }
      },
    },
    readLabels: source.readLabels
      ? async () => {
          const labels = await source.readLabels!()
          return Int32Array.from({ length: count }, (_, i) => {
            const label = labels[at(i)]!
            return classes ? classes.of(label) : label
          })
        }
      : undefined,
  }
}

/** The source below the transforms of one. */
export const untransformed = (source: ImageSource): ImageSource => (isTransformed(source) ? source.source : source)
