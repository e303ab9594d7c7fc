/** A part of something that is processed part by part. */
export interface Part {
  readonly start: number
  readonly length: number
}

/** Cuts `count` into parts of at most `most` (at least 1) each: equal ones, except that the last may be shorter. */
export function parts(count: number, most: number): Part[] {
  const number = Math.ceil(count / Math.max(1, Math.floor(most)))
  const length = Math.ceil(count / Math.max(1, number))
  return Array.from({ length: Math.ceil(count / length) }, (_, i) => ({
    start: i * length,
    length: Math.min(length, count - i * length),
  }))
}
