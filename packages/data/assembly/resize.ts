// The passes of src/resize/mix-bytes.ts by SIMD: the same sums of integers. `compile.ts` compiles this file.
//
// A weight of 23 bits and a sign is 2^11 high + low, both of 16 bits, so that `dot` multiplies and adds two pixels at once. Sums wrap at
// 32 bits, as those of the other passes do.

const half: i32 = 1 << 21

/**
 * Mixes columns: the width changes. Four rows at a time, so that a weight is loaded once for them; a channel per lane.
 *
 * For each new pixel `runs` has: the first pixel, the number of blocks, and for each block of four pixels the weights of pixels 0 and 1,
 * high, then low, and those of 2 and 3. It writes four bytes a pixel, of which the next overwrites those that are no channels; so there
 * is room behind each row of `to`.
 */
export function mixColumns(
  runs: usize,
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  rows: i32,
  width: i32,
  channels: i32,
): void {
  const first = pairs(channels, 0)
  const second = pairs(channels, 2)
  const block = 4 * channels
  for (let y = 0; y < rows; y += 4) {
    // The last rows again, if there are no four.
    const y1 = min(y + 1, rows - 1)
    const y2 = min(y + 2, rows - 1)
    const y3 = min(y + 3, rows - 1)
    const row0 = from + y * fromStride
    const row1 = from + y1 * fromStride
    const row2 = from + y2 * fromStride
    const row3 = from + y3 * fromStride
    let at = runs
    for (let x = 0; x < width; x++) {
      let i: usize = load<i32>(at) * channels
      const end: usize = at + 8 + (load<i32>(at, 4) << 4)
      let high0 = i32x4.splat(0)
      let high1 = high0
      let high2 = high0
      let high3 = high0
      let low0 = i32x4.splat(half)
      let low1 = low0
      let low2 = low0
      let low3 = low0
      for (at += 8; at < end; at += 16) {
        const p0 = v128.load(row0 + i)
        const p1 = v128.load(row1 + i)
        const p2 = v128.load(row2 + i)
        const p3 = v128.load(row3 + i)
        let high = v128.load32_splat(at)
        let low = v128.load32_splat(at, 4)
        let q0 = i8x16.swizzle(p0, first)
        let q1 = i8x16.swizzle(p1, first)
        let q2 = i8x16.swizzle(p2, first)
        let q3 = i8x16.swizzle(p3, first)
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(q0, high))
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(q1, high))
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(q2, high))
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(q3, high))
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(q0, low))
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(q1, low))
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(q2, low))
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(q3, low))
        high = v128.load32_splat(at, 8)
        low = v128.load32_splat(at, 12)
        q0 = i8x16.swizzle(p0, second)
        q1 = i8x16.swizzle(p1, second)
        q2 = i8x16.swizzle(p2, second)
        q3 = i8x16.swizzle(p3, second)
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(q0, high))
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(q1, high))
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(q2, high))
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(q3, high))
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(q0, low))
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(q1, low))
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(q2, low))
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(q3, low))
        i += block
      }
      const bytes = packed(rounded(high0, low0), rounded(high1, low1), rounded(high2, low2), rounded(high3, low3))
      const out = to + x * channels
      v128.store32_lane(out + y * toStride, bytes, 0)
      v128.store32_lane(out + y1 * toStride, bytes, 1)
      v128.store32_lane(out + y2 * toStride, bytes, 2)
      v128.store32_lane(out + y3 * toStride, bytes, 3)
    }
  }
}

/**
 * Mixes rows: the height changes. Sixteen bytes at a time.
 *
 * For each new row `runs` has: the first row, the number of pairs, and for each pair of rows their weights, high, then low. It reads and
 * writes up to 15 bytes more than `length`.
 */
export function mixRows(
  runs: usize,
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  rows: i32,
  length: i32,
): void {
  let at = runs
  for (let y = 0; y < rows; y++) {
    const first = from + load<i32>(at) * fromStride
    const end: usize = at + 8 + (load<i32>(at, 4) << 3)
    for (let x = 0; x < length; x += 16) {
      let row = first + x
      let high0 = i32x4.splat(0)
      let high1 = high0
      let high2 = high0
      let high3 = high0
      let low0 = i32x4.splat(half)
      let low1 = low0
      let low2 = low0
      let low3 = low0
      for (let k = at + 8; k < end; k += 8) {
        const a = v128.load(row)
        const b = v128.load(row + fromStride)
        const lower = v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
        const upper = v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
        const high = v128.load32_splat(k)
        const low = v128.load32_splat(k, 4)
        const q0 = i16x8.extend_low_i8x16_u(lower)
        const q1 = i16x8.extend_high_i8x16_u(lower)
        const q2 = i16x8.extend_low_i8x16_u(upper)
        const q3 = i16x8.extend_high_i8x16_u(upper)
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(q0, high))
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(q1, high))
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(q2, high))
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(q3, high))
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(q0, low))
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(q1, low))
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(q2, low))
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(q3, low))
        row += 2 * fromStride
      }
      const bytes = packed(rounded(high0, low0), rounded(high1, low1), rounded(high2, low2), rounded(high3, low3))
      v128.store(to + y * toStride + x, bytes)
    }
    at = end
  }
}

/** Sums without their 22 bits behind the point. */
function rounded(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.shl(high, 11), low), 22)
}

/** Sixteen numbers clipped to bytes. */
function packed(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d))
}

/** Which bytes are the channels of two neighbouring pixels, as pairs of 16 bits: 0 0' 1 1' 2 2' 3 3'. Bytes above 15 are zeros. */
function pairs(channels: i32, pixel: i32): v128 {
  const mask = memory.data(16)
  v128.store(mask, i8x16.splat(-1))
  for (let c = 0; c < channels; c++) {
    store<u8>(mask + 4 * c, pixel * channels + c)
    store<u8>(mask + 4 * c + 2, (pixel + 1) * channels + c)
  }
  return v128.load(mask)
}
