import { CascadeError } from '@cascade-diffusion/checks'
import { withFile } from '../reading/file-bytes.ts'
import type { FileVersion } from '../reading/open-file.ts'
import { sampleNameOf } from './sample-key.ts'
import type { LabelReader } from './shard-labels.ts'
import { type ShardSamples, samplesBuilder } from './shard-samples.ts'
import { memberName, type TarMember, tarMembers } from './tar-members.ts'
import { WindowedFile } from './windowed-file.ts'

/** Larger labels are refused. */
const longestLabel = 1 << 20

/** What {@link indexShard} needs besides the shard. */
export interface IndexShardOptions {
  /** The extensions of images. Of several in a sample, the one that comes first here is the image. */
  readonly image: readonly string[]
  /** The extension of labels, if they are read. */
  readonly label?: string
  /** What reads them. */
  readonly reader?: LabelReader
  /** Whether a sample without an image or a label is an error. */
  readonly incomplete: 'fail' | 'skip'
  readonly signal?: AbortSignal
}

/** The samples of a shard, and what the file was when they were read. */
export interface IndexedShard extends FileVersion {
  readonly path: string
  readonly samples: ShardSamples
  readonly skipped: SkippedSamples
}

/** Samples without an image or a label that were left out. */
export interface SkippedSamples {
  readonly count: number
  /** The first ten. */
  readonly first: readonly string[]
}

/**
 * Finds the samples of a shard by the headers of its entries, and reads the labels. A sample is the entries that follow each other and
 * share a key.
 */
export function indexShard(path: string, options: IndexShardOptions): Promise<IndexedShard> {
  return withFile(path, async (_read, size, opened) => {
    const file = new WindowedFile(path, opened, options.signal)
    return { path, size, mtimeMs: opened.mtimeMs, ...(await samplesOf(file, options)) }
  })
}

async function samplesOf(
  file: WindowedFile,
  options: IndexShardOptions,
): Promise<Pick<IndexedShard, 'samples' | 'skipped'>> {
  const skipped = { count: 0, first: [] as string[] }
  const samples = samplesBuilder()
  const ranks = new Map(options.image.map((extension, rank) => [extension, rank]))
  /** Of the sample that is being read. */
  let key: string | undefined
  const extensions = new Set<string>()
  let image: (TarMember & { readonly rank: number }) | undefined
  let label: number | undefined
  const finish = (): void => {
    if (image && (label !== undefined || !options.reader)) samples.add({ ...image, length: image.size, label })
    else if (key !== undefined) {
      const name = memberName(key)
      const missing = image ? `a label '.${options.label}'` : `an image, .${options.image.join(', .')}`
      const got = memberName([...extensions].slice(0, 8).join(', .'))
      if (options.incomplete === 'fail')
        throw new CascadeError(
          'data',
          `${file.path}: ${name}: expected ${missing}, got .${got} alone; incomplete: 'skip' leaves such samples out`,
        )
      if (skipped.count++ < 10) skipped.first.push(name)
    }
    key = image = label = undefined
    extensions.clear()
  }
  for await (const member of tarMembers(file)) {
    const name = member && sampleNameOf(member.name)
    // The end of a tar ends a sample; what belongs to none does not.
    if (!member) finish()
    if (!member || !name) continue
    if (name.key !== key) finish()
    key = name.key
    const where = () => `${file.path}: ${memberName(member.name)}`
    if (extensions.has(name.extension))
      throw new CascadeError('data', `${where()}: expected one entry '.${name.extension}' of a sample, got two`)
    extensions.add(name.extension)
    const rank = ranks.get(name.extension)
    if (rank !== undefined && rank < (image?.rank ?? Number.POSITIVE_INFINITY)) {
      if (member.size > 0xffff_ffff)
        throw new CascadeError('data', `${where()}: expected an image of less than 4 GiB, got ${member.size} bytes`)
      image = { ...member, rank }
    }
    if (options.reader && name.extension === options.label) {
      if (member.size > longestLabel)
        throw new CascadeError(
          'data',
          `${where()}: expected a label of at most ${longestLabel} bytes, got ${member.size}`,
        )
      label = options.reader.read(await file.at(member.offset, member.size), where())
    }
  }
  finish()
  return { samples: samples.finish(), skipped }
}
