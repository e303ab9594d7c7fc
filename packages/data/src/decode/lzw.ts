/**
 * Unpacks the LZW codes of a GIF file, of at most 12 bits, lowest bits first.
 * @param codeSize the bits of a byte of the result: codes begin with one more.
 * @param most the most bytes of the result; fewer come of codes that end before.
 */
export function unpackLzw(codes: Uint8Array, codeSize: number, most: number): Uint8Array {
  if (!(codeSize >= 1 && codeSize <= 8)) throw new Error(`expected codes of 1 to 8 bits, got ${codeSize}`)
  const to = new Uint8Array(most)
  const [clear, end] = [2 ** codeSize, 2 ** codeSize + 1]
  // A code from `end + 1` on stands for a part of the result, and the byte after it.
  const starts = new Uint32Array(4096)
  const lengths = new Uint32Array(4096)
  let [bits, next, before] = [codeSize + 1, end + 1, -1]
  let [buffer, held, out] = [0, 0, 0]
  for (let at = 0; out < most; ) {
    for (; held < bits && at < codes.length; held += 8) buffer |= codes[at++]! << held
    if (held < bits) break
    const code = buffer & (2 ** bits - 1)
    buffer >>>= bits
    held -= bits
    if (code === end) break
    if (code === clear) {
      bits = codeSize + 1
      next = end + 1
      before = -1
      continue
    }
    if (code > next || (code === next && before < 0) || (code >= clear && before < 0))
      throw new Error(`expected codes up to ${next}, got ${code}: the file is damaged`)
    const start = out
    if (code < clear) to[out++] = code
    else {
      const from = code === next ? before : starts[code]!
      const length = Math.min(code === next ? out - before + 1 : lengths[code]!, most - out)
      for (let i = 0; i < length; i++) to[out++] = to[from + i]!
    }
    if (before >= 0 && next < 4096) {
      starts[next] = before
      lengths[next] = start - before + 1
      next++
      if (next === 2 ** bits && bits < 12) bits++
    }
    before = start
  }
  return to.subarray(0, out)
}
