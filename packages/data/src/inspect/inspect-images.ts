import { checkFunction, checkInteger, checkOptions, checkSignal, throwIfAborted } from '@cascade-diffusion/checks'
import { hashOfBytes, hashOfPixels } from '../selection/content-hashes.ts'
import { hashBytes } from '../selection/hash-cache.ts'
import { untransformed } from '../selection/selected.ts'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type EachImage, readEach } from '../sources/read-each.ts'
import { type ContactSheet, sheetCollector } from './contact-sheet.ts'
import { type DuplicateGroup, duplicateGroups } from './duplicates.ts'
import type { DuplicateFigures, Inspection, NamedImage } from './inspection.ts'
import { pixelTally } from './pixel-tally.ts'
import { sizeTally } from './size-tally.ts'
import { storedTally } from './stored-tally.ts'

const where = 'inspectImages'

/** Options of {@link inspectImages}. */
export interface InspectOptions {
  /** The number of images to look at, spread over the source. Default: all. */
  readonly sample?: number
  /** Called after every image. */
  readonly progress?: (progress: { readonly done: number; readonly total: number }) => void
  /** Ends the work. */
  readonly signal?: AbortSignal
}

/** What {@link inspectImages} gives. */
export interface InspectedImages {
  /** What was found: a JSON value. */
  readonly inspection: Inspection
  /** A picture of some of the images; absent if none could be read. */
  readonly sheet?: ContactSheet
}

/** Images in a list of unreadable ones, groups of duplicates, and images of a group, at most. */
const [mostUnreadable, mostGroups, mostOfGroup] = [100, 50, 10]

/** Indices that are handed on at once. */
const part = 4096

/**
 * Looks at all images of a source, before any transforms: counts, classes, sizes, formats and modes as stored, the mean of the pixels,
 * images of equal content, images that cannot be read, and a contact sheet. Errors are collected, not thrown. Memory is about 20
 * bytes an image, and a few images.
 * @throws {CascadeError} of code `input` on a wrong option; of code `interrupted` if the signal aborts.
 */
export async function inspectImages(source: ImageSource, options: InspectOptions = {}): Promise<InspectedImages> {
  checkOptions(where, options, { sample: true, progress: true, signal: true })
  checkSource(where, source)
  const { progress, signal } = options
  if (progress !== undefined) checkFunction(where, 'progress', progress)
  if (signal !== undefined) checkSignal(where, signal)
  const below = untransformed(source)
  const { count, classNames, channels } = below
  const total = Math.min(count, checkInteger(where, 'sample', options.sample ?? count, { from: 1 }))
  const indexAt = (place: number): number => Math.floor((place * count) / total)
  const known = classNames && (await below.readLabels?.())
  const perClass = new Float64Array(classNames?.length ?? 0)
  for (const label of known ?? []) perClass[label]!++
  const classes = () => classNames?.map((name, k) => ({ name, images: perClass[k]! }))

  const sheet = sheetCollector(known ? classes() : classNames?.map((name) => ({ name, images: 1 })), total)
  const [sizes, stored, pixels] = [sizeTally(), storedTally(), pixelTally(channels)]
  const hashes = new Uint8Array(total * hashBytes)
  const labels = new Int32Array(total).fill(-1)
  /** The place of each hash. */
  const hashed = new Uint32Array(total)
  let hashCount = 0
  const unreadable: (NamedImage & { error: string })[] = []
  let [unread, place] = [0, 0]
  const look = async (each: EachImage): Promise<void> => {
    const { index, name, image, encoded, label, error } = each
    if (encoded || image) {
      hashes.set(encoded ? hashOfBytes(encoded) : hashOfPixels(image!), hashCount * hashBytes)
      labels[hashCount] = label ?? -1
      hashed[hashCount++] = place
    }
    if (encoded) await stored.add(encoded)
    if (!known && label !== undefined && perClass[label] !== undefined) perClass[label]++
    if (image) {
      sizes.add(each)
      pixels.add(image)
      sheet.add(image, label)
    } else {
      unread++
      if (unreadable.length < mostUnreadable) unreadable.push({ index, name, error: error!.message })
    }
  }
  for (let first = 0; first < total; first += part) {
    const indices = Array.from({ length: Math.min(part, total - first) }, (_, i) => indexAt(first + i))
    for await (const each of readEach(below, indices)) {
      throwIfAborted(signal, where)
      await look(each)
      place++
      progress?.({ done: place, total })
    }
  }
  const groups = duplicateGroups(hashes, hashCount)
  const inspection: Inspection = {
    name: source.name,
    count,
    inspected: total,
    channels,
    classes: classes(),
    sizes: sizes.figures(),
    stored: stored.figures(),
    pixels: pixels.figures(),
    duplicates: await duplicateFigures(below, groups, labels, (i) => indexAt(hashed[i]!)),
    unreadable: { images: unread, first: unreadable },
  }
  return { inspection, sheet: sheet.sheet() }
}

async function duplicateFigures(
  source: ImageSource,
  groups: readonly DuplicateGroup[],
  labels: Int32Array,
  indexOf: (place: number) => number,
): Promise<DuplicateFigures> {
  const shown = groups.slice(0, mostGroups).map(async ({ places }) => ({
    images: places.length,
    first: await named(source, places.slice(0, mostOfGroup).map(indexOf)),
  }))
  return {
    copies: groups.reduce((sum, { places }) => sum + places.length - 1, 0),
    groups: groups.length,
    conflicting: groups.filter(({ places }) => places.some((place) => labels[place] !== labels[places[0]!])).length,
    shown: await Promise.all(shown),
  }
}

async function named({ name, encoded }: ImageSource, indices: readonly number[]): Promise<NamedImage[]> {
  const images = (await encoded?.locate(indices))?.images
  return indices.map((index, i) => ({ index, name: images?.[i]?.name ?? `${name}: image ${index}` }))
}
