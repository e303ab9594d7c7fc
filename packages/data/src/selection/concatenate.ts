import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { checkSource } from '../sources/check-source.ts'
import type { EncodedImage, EncodedImages } from '../sources/encoded-images.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'

/** Consecutive indices of a list that are in one part. */
interface Run {
  readonly part: number
  /** The place of the first of them in the list. */
  readonly first: number
  /** Indices in the part. */
  readonly indices: number[]
}

/**
 * The images of several sources as one, those of the first source first. It has a size, encoded images and `readLabels` if all have, with
 * the same size and the same decoding.
 * @throws {CascadeError} of code `input` unless there is at least one source and all have the same channels and the same classes.
 */
export function concatenate(...sources: readonly [LabelledSource, ...LabelledSource[]]): LabelledSource
export function concatenate(...sources: readonly ImageSource[]): ImageSource
export function concatenate(...sources: readonly ImageSource[]): ImageSource {
  for (const source of sources) checkSource('concatenate', source)
  const [first, ...others] = sources
  if (first === undefined) throw new CascadeError('input', 'concatenate: expected at least one source, got none')
  const { channels, classNames } = first
  for (const other of others) {
    const same = other.channels === channels && String(other.classNames) === String(classNames)
    if (!same)
      throw new CascadeError(
        'input',
        `concatenate: expected ${kindOf(first)}, as '${first.name}' has, got ${kindOf(other)} in '${other.name}'`,
      )
  }
  const starts = [0]
  for (const { count } of sources) starts.push(starts.at(-1)! + count)
  const runs = (indices: readonly number[]) => runsOf(starts, indices)
  const sameSize = sources.every(({ size }) => String(size) === String(first.size))
  const labelled = classNames !== undefined && sources.every(({ readLabels }) => readLabels)
  return {
    name: sources.map(({ name }) => name).join(' + '),
    count: starts.at(-1)!,
    channels,
    classNames,
    size: sameSize ? first.size : undefined,
    async read(indices, options = {}) {
      const images: ByteImages[] = []
      const labels: number[] = []
      for (const { part, first: place, indices: own } of runs(indices)) {
        const read = await sources[part]!.read(own, { ...options, firstIndex: (options.firstIndex ?? 0) + place })
        images.push(...read.images)
        labels.push(...Array.from(read.labels ?? []))
      }
      return classNames ? { images, labels } : { images }
    },
    encoded: encodedOf(sources, runs, classNames !== undefined),
    readLabels: labelled
      ? async () => {
          const parts = await Promise.all(sources.map((source) => source.readLabels!()))
          const labels = new Int32Array(starts.at(-1)!)
          parts.forEach((part, i) => {
            labels.set(part, starts[i])
          })
          return labels
        }
      : undefined,
  }
}

const kindOf = ({ channels, classNames }: ImageSource): string =>
  `${channels} channels and ${classNames ? `${classNames.length} classes (${classNames.slice(0, 3).join(', ')}${classNames.length > 3 ? ', …' : ''})` : 'no classes'}`

/** The indices in the parts, whose first indices are given. */
function runsOf(starts: readonly number[], indices: readonly number[]): Run[] {
  const runs: Run[] = []
  indices.forEach((index, i) => {
    const part = starts.findLastIndex((start) => start <= index)
    const last = runs.at(-1)
    if (last?.part === part) last.indices.push(index - starts[part]!)
    else runs.push({ part, first: i, indices: [index - starts[part]!] })
  })
  return runs
}

function encodedOf(
  sources: readonly ImageSource[],
  runs: (indices: readonly number[]) => Run[],
  labelled: boolean,
): EncodedImages | undefined {
  const all = sources.flatMap(({ encoded }) => encoded ?? [])
  const [first] = all
  const decoding = JSON.stringify(first?.decoding)
  if (first === undefined || all.length < sources.length) return undefined
  if (all.some((encoded) => JSON.stringify(encoded.decoding) !== decoding)) return undefined
  return {
    decoding: first.decoding,
    async locate(indices) {
      const images: EncodedImage[] = []
      const labels: number[] = []
      for (const { part, indices: own } of runs(indices)) {
        const located = await all[part]!.locate(own)
        images.push(...located.images)
        labels.push(...Array.from(located.labels ?? []))
      }
      return labelled ? { images, labels } : { images }
    },
  }
}
