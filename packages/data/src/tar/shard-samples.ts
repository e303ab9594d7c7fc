/** The samples of a shard: typed arrays, so that a million samples take little memory. */
export interface ShardSamples {
  readonly count: number
  /** The place of each image in the shard. */
  readonly offsets: Float64Array
  /** Bytes of each image. */
  readonly lengths: Uint32Array
  /** The label of each sample; empty without labels. */
  readonly labels: Int32Array
  /** The names of the images in the shard, one after the other. */
  readonly names: Uint8Array
  /** The end of each name. */
  readonly nameEnds: Uint32Array
}

/** One sample. */
export interface ShardSample {
  readonly offset: number
  readonly length: number
  /** The name of the image, its bytes each as one character. */
  readonly name: string
  readonly label?: number
}

/** Collects samples. */
export interface SamplesBuilder {
  add(sample: ShardSample): void
  finish(): ShardSamples
}

/** Arrays grow by doubling. */
export function samplesBuilder(): SamplesBuilder {
  let count = 0
  let offsets = new Float64Array(64)
  let lengths = new Uint32Array(64)
  let labels = new Int32Array(64)
  let nameEnds = new Uint32Array(64)
  let names = Buffer.alloc(2048)
  let labelled = false
  return {
    add({ offset, length, name, label }) {
      if (count === offsets.length) {
        offsets = grown(offsets, new Float64Array(2 * count))
        lengths = grown(lengths, new Uint32Array(2 * count))
        labels = grown(labels, new Int32Array(2 * count))
        nameEnds = grown(nameEnds, new Uint32Array(2 * count))
      }
      const start = count > 0 ? (nameEnds[count - 1] as number) : 0
      while (start + name.length > names.length) names = grown(names, Buffer.alloc(2 * names.length))
      names.write(name, start, 'latin1')
      offsets[count] = offset
      lengths[count] = length
      nameEnds[count] = start + name.length
      if (label !== undefined) {
        labels[count] = label
        labelled = true
      }
      count++
    },
    finish: () => ({
      count,
      offsets: offsets.slice(0, count),
      lengths: lengths.slice(0, count),
      labels: labels.slice(0, labelled ? count : 0),
      names: Uint8Array.prototype.slice.call(names, 0, count > 0 ? nameEnds[count - 1] : 0),
      nameEnds: nameEnds.slice(0, count),
    }),
  }
}

function grown<T extends { set(from: ArrayLike<number>): void }>(from: ArrayLike<number>, to: T): T {
  to.set(from)
  return to
}

/** The name of the image of a sample. */
export function sampleName({ names, nameEnds }: ShardSamples, i: number): string {
  return Buffer.from(names.buffer, names.byteOffset, names.byteLength).toString(
    'utf8',
    i > 0 ? nameEnds[i - 1] : 0,
    nameEnds[i],
  )
}
