import { precision } from './axis-weights.ts'
import type { Pass } from './plan.ts'
import type { Pixels } from './region.ts'

const half = 1 << (precision - 1)

/** A pass over bytes: sums of integers, rounded and clipped to bytes, as Pillow computes them. */
export function mixBytes(pixels: Pixels<Uint8Array>, pass: Pass): Pixels<Uint8Array> {
  const data = new Uint8ClampedArray(pass.to.height * pass.to.width * pixels.channels)
  if (pass.along === 'width') mixColumns(pixels, pass, data)
  else mixRows(pixels, pass, data)
  return { region: pass.to, channels: pixels.channels, data: new Uint8Array(data.buffer) }
}

function mixColumns({ region, channels, data }: Pixels<Uint8Array>, pass: Pass, out: Uint8ClampedArray): void {
  const { weights, to } = pass
  const { starts, counts, room, fixed } = weights
  let at = 0
  for (let y = to.top; y < to.top + to.height; y++) {
    const row = (y - region.top) * region.width - region.left
    for (let x = to.left; x < to.left + to.width; x++) {
      const first = (row + starts[x]!) * channels
      const end = x * room + counts[x]!
      for (let c = 0; c < channels; c++) {
        let sum = half
        for (let k = x * room, i = first + c; k < end; k++, i += channels) sum = (sum + data[i]! * fixed[k]!) | 0
        out[at++] = sum >> precision
      }
    }
  }
}

function mixRows({ region, channels, data }: Pixels<Uint8Array>, pass: Pass, out: Uint8ClampedArray): void {
  const { weights, to } = pass
  const { starts, counts, room, fixed } = weights
  const length = to.width * channels
  const stride = region.width * channels
  const left = (to.left - region.left) * channels
  const sums = new Int32Array(length)
  for (let y = to.top; y < to.top + to.height; y++) {
    sums.fill(half)
    for (let k = 0; k < counts[y]!; k++) {
      const weight = fixed[y * room + k]!
      const row = (starts[y]! + k - region.top) * stride + left
      for (let i = 0; i < length; i++) sums[i] = sums[i]! + data[row + i]! * weight
    }
    for (let i = 0, at = (y - to.top) * length; i < length; i++) out[at + i] = sums[i]! >> precision
  }
}
