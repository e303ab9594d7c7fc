/** A rectangle of pixels. */
export interface Region {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** Pixels of a region of an image: `data` begins with its first row and has its rows only. */
export interface Pixels<Data extends Uint8Array | Float32Array> {
  readonly region: Region
  readonly channels: number
  readonly data: Data
}

/** The pixels of a region inside that of `pixels`, copied unless it is the same. */
export function cut<Data extends Uint8Array | Float32Array>(pixels: Pixels<Data>, region: Region): Pixels<Data> {
  const { region: all, channels, data } = pixels
  if (region.height === all.height && region.width === all.width) return pixels
  const length = region.width * channels
  const out = new (data.constructor as new (length: number) => Data)(region.height * length)
  for (let y = 0; y < region.height; y++) {
    const from = ((region.top - all.top + y) * all.width + region.left - all.left) * channels
    out.set(data.subarray(from, from + length), y * length)
  }
  return { region, channels, data: out }
}
