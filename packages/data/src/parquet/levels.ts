/**
 * Reads numbers of the hybrid of runs and packed bits (RLE) of Parquet.
 * @param width bits of a number, 0 to 32.
 * @returns `count` numbers.
 * @throws if the bytes end before.
 */
export function readHybrid(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (width > 32) throw new Error(`numbers of ${width} bits`)
  const numbers = new Uint32Array(count)
  if (width === 0) return numbers
  const cut = () => new Error(`${count} numbers of ${width} bits are cut short`)
  let at = 0
  let done = 0
  while (done < count) {
    let head = 0
    for (let shift = 0, more = true; more; shift += 7) {
      if (at >= bytes.length || shift > 28) throw cut()
      const byte = bytes[at++] as number
      head += (byte & 0x7f) * 2 ** shift
      more = byte >= 0x80
    }
    if (head % 2 === 0) {
      const end = at + Math.ceil(width / 8)
      if (end > bytes.length || head === 0) throw cut()
      let value = 0
      for (let i = end - 1; i >= at; i--) value = value * 256 + (bytes[i] as number)
      at = end
      const to = Math.min(count, done + head / 2)
      numbers.fill(value, done, to)
      done = to
    } else {
      const most = Math.floor(head / 2) * 8
      const take = Math.min(most, count - done)
      if (at + Math.ceil((take * width) / 8) > bytes.length) throw cut()
      let bit = 0
      for (let i = 0; i < take; i++) numbers[done + i] = bitsAt(bytes, 8 * at + width * bit++, width)
      at += (most * width) / 8
      done += take
    }
  }
  return numbers
}

/** The number in `width` bits, 0 to 32, from a bit on, of which the lowest comes first. */
export function bitsAt(bytes: Uint8Array, from: number, width: number): number {
  let value = 0
  for (let done = 0; done < width; ) {
    const within = (from + done) % 8
    const take = Math.min(8 - within, width - done)
    const part = ((bytes[Math.floor((from + done) / 8)] as number) >> within) & ((1 << take) - 1)
    value += part * 2 ** done
    done += take
  }
  return value
}
