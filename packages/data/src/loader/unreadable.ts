import { type CascadeError, isCascadeError } from '@cascade-diffusion/checks'

/** An image is bad, and others may be good, if its error is one of these codes. */
const imageCodes = ['data', 'file'] as const

/** Whether an error is that of one image. */
export const isImageError = (error: unknown): error is CascadeError =>
  imageCodes.some((code) => isCascadeError(error, code))

/** An image that was skipped, as it could not be read. */
export interface SkippedImage {
  readonly step: number
  /** Its index in the source. */
  readonly index: number
  /** Where it is: its path, or its shard and the key in it. */
  readonly name: string
  readonly error: CascadeError
  /** The index of the image that took its place in the batch; absent if it was left out. */
  readonly replacement?: number
}

/** What a loader skipped. */
export interface SkippedImages {
  /** How often an image was skipped. */
  readonly count: number
  /** The first 100. */
  readonly images: readonly SkippedImage[]
}

/** Counts images that are skipped, keeps the first, and reports all. */
export function unreadableLog(report: (image: SkippedImage) => void = warn) {
  const images: SkippedImage[] = []
  let count = 0
  return {
    add(image: SkippedImage): void {
      count++
      if (images.length < 100) images.push(image)
      report(image)
    },
    get: (): SkippedImages => ({ count, images: [...images] }),
  }
}

function warn({ step, index, name, error, replacement }: SkippedImage): void {
  const instead = replacement === undefined ? 'is left out' : `is replaced by image ${replacement}`
  const message = `imageLoader: step ${step}: image ${index}, ${name}, cannot be read and ${instead}: ${error.message}`
  const node = globalThis.process as typeof process | undefined
  if (node) node.emitWarning(message)
  else console.warn(message)
}
