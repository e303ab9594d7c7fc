import type { Pass } from './plan.ts'
import type { Pixels } from './region.ts'

/** A pass over numbers: sums in double precision, rounded to single, as Pillow computes them in mode F. */
export function mixFloats({ region, channels, data }: Pixels<Float32Array>, pass: Pass): Pixels<Float32Array> {
  const { weights, to } = pass
  const { starts, counts, room, weights: shares } = weights
  const out = new Float32Array(to.height * to.width * channels)
  const wide = pass.along === 'width'
  const step = wide ? channels : region.width * channels
  let at = 0
  for (let y = to.top; y < to.top + to.height; y++)
    for (let x = to.left; x < to.left + to.width; x++) {
      const axis = wide ? x : y
      const [row, column] = wide ? [y, starts[x]!] : [starts[y]!, x]
      const first = ((row - region.top) * region.width + column - region.left) * channels
      const end = axis * room + counts[axis]!
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = axis * room, i = first + c; k < end; k++, i += step) sum += data[i]! * shares[k]!
        out[at++] = sum
      }
    }
  return { region: to, channels, data: out }
}
