import type { AxisWeights } from '../axis-weights.ts'

/** Weights as assembly/resize.ts reads them: a run for each new pixel along an axis. */
export interface Runs {
  readonly words: Int32Array
  /** Where each run begins, and the end. */
  readonly offsets: Int32Array
}

/** How many pixels a run is filled up to: a block of columns, a pair of rows. */
type Multiple = 2 | 4

const known = new WeakMap<AxisWeights, Map<Multiple, Runs>>()

/** The runs of weights, made once. */
export function runsOf(weights: AxisWeights, multiple: Multiple): Runs {
  const made = known.get(weights) ?? new Map<Multiple, Runs>()
  known.set(weights, made)
  const runs = made.get(multiple) ?? packed(weights, multiple)
  made.set(multiple, runs)
  return runs
}

/** [first pixel, groups, then two words for each pair of weights: the high and the low halves] for each run. */
function packed({ starts, counts, room, fixed }: AxisWeights, multiple: Multiple): Runs {
  const offsets = new Int32Array(starts.length + 1)
  for (let i = 0; i < starts.length; i++) offsets[i + 1] = offsets[i]! + 2 + multiple * Math.ceil(counts[i]! / multiple)
  const words = new Int32Array(offsets[starts.length]!)
  for (let i = 0; i < starts.length; i++) {
    let at = offsets[i]!
    words[at++] = starts[i]!
    words[at++] = Math.ceil(counts[i]! / multiple)
    for (let k = 0; at < offsets[i + 1]!; k += 2) {
      const first = k < counts[i]! ? fixed[i * room + k]! : 0
      const second = k + 1 < counts[i]! ? fixed[i * room + k + 1]! : 0
      words[at++] = pair(first >> 11, second >> 11)
      words[at++] = pair(first & 2047, second & 2047)
    }
  }
  return { words, offsets }
}

/** Two numbers of 16 bits in a word. */
const pair = (low: number, high: number): number => (high << 16) | (low & 0xffff)
