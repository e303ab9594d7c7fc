import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError, parseConfig, type Schema, schema } from '@cascade-diffusion/checks'
import { writeAtomically } from '@cascade-diffusion/files'
import type { ImageSize } from '../images/image-size.ts'
import type { SourceDescription } from '../transforms/describe-source.ts'

/** How shards are written. */
export const shardFormats: readonly ['npy', 'tar'] = ['npy', 'tar']

/** `npy`: bytes [n, height, width, channels] and labels, as NumPy's files. `tar`: PNG files and labels, as WebDataset's. */
export type ShardFormat = 'npy' | 'tar'

/** What a copy is made of and how; another copy in the same folder has to agree. */
export interface PreparedSettings {
  readonly source: SourceDescription
  /** How the source decoded, if it is one of encoded images. */
  readonly decoding: object | null
  /** The configurations of what was done to each image. */
  readonly transforms: readonly unknown[]
  readonly format: ShardFormat
  /** Images of the source in a shard. */
  readonly shardImages: number
  readonly unreadable: 'fail' | 'skip'
  readonly classNames: readonly string[] | null
}

/** A file of a shard. */
export interface ShardFile {
  readonly file: string
  /** Bytes. */
  readonly bytes: number
  /** SHA-256, in hexadecimal. */
  readonly sha256: string
}

/** An image that could not be read, and is in no shard. */
export interface LeftOutImage {
  /** Its index in the source. */
  readonly index: number
  readonly name: string
  readonly error: string
}

/** A shard: a file of images, and for `npy` one of labels, if there are any. */
export interface PreparedShard extends ShardFile {
  readonly images: number
  readonly labels?: ShardFile
  /** Images of the source that are missing. */
  readonly unreadable?: readonly LeftOutImage[]
}

/** What `manifest.json` of a prepared copy holds. */
export interface PreparedManifest {
  readonly format: typeof manifestFormat
  /** Images in all shards. */
  readonly count: number
  /** [height, width], if all are of one size. */
  readonly size: ImageSize | null
  readonly channels: number
  readonly settings: PreparedSettings
  /** Of what decoded and encoded. */
  readonly versions: Readonly<Record<string, string>>
  readonly shards: readonly PreparedShard[]
}

const manifestFormat = 'cascade-diffusion images 1'

/** The file that a finished copy has, and the one that an unfinished one has in its place. */
export const [manifestFile, unfinishedFile] = ['manifest.json', 'unfinished.json'] as const

const whole = schema.integer({ from: 0 })
const json = schema.value<object>('an object', (x) => typeof x === 'object' && x !== null)
const fileName = schema.value<string>(
  'the name of a file in the folder',
  (x) => typeof x === 'string' && /^[\w-][\w.-]*$/.test(x),
)
const sha256 = schema.value<string>(
  'a SHA-256, 64 hexadecimal digits',
  (x) => typeof x === 'string' && /^[0-9a-f]{64}$/.test(x),
)
const isSide = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 1
const size = schema.value<ImageSize>(
  '[height, width], integers from 1',
  (x) => Array.isArray(x) && x.length === 2 && x.every(isSide),
)
const file = { file: fileName, bytes: whole, sha256 }

const unreadable = schema.record<LeftOutImage>({ index: whole, name: schema.text(), error: schema.text() })

const shard = schema.record<PreparedShard>({
  ...file,
  images: whole,
  labels: schema.optional(schema.record<ShardFile>(file)),
  unreadable: schema.optional(schema.list(unreadable)),
})

const settings = schema.record<PreparedSettings>({
  source: json as Schema<SourceDescription>,
  decoding: schema.nullable(json),
  transforms: schema.list(json as Schema<unknown>),
  format: schema.oneOf(shardFormats),
  shardImages: schema.integer({ from: 1 }),
  unreadable: schema.oneOf(['fail', 'skip']),
  classNames: schema.nullable(schema.list(schema.text(), 1)),
})

const manifestSchema = schema.record<PreparedManifest>({
  format: schema.oneOf([manifestFormat]),
  count: whole,
  size: schema.nullable(size),
  channels: schema.integer({ from: 1, to: 4 }),
  settings,
  versions: json as Schema<Readonly<Record<string, string>>>,
  shards: schema.list(shard),
})

/**
 * The manifest in a file of a folder; undefined if there is no such file.
 * @throws {CascadeError} of code `file` if it cannot be read; of code `data` if it is no manifest, with everything that is wrong.
 */
export async function readManifest(folder: string, name: string): Promise<PreparedManifest | undefined> {
  const path = join(folder, name)
  if (!existsSync(path)) return undefined
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new CascadeError('file', `${path}: could not be read: ${cause.message}`, { cause })
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CascadeError('data', `${path}: expected JSON: ${(cause as Error).message}`, { cause })
  }
  const manifest = parseConfig(path, manifestSchema, value, { code: 'data' })
  const images = manifest.shards.reduce((sum, shard) => sum + shard.images, 0)
  if (images !== manifest.count)
    throw new CascadeError('data', `${path}: expected ${manifest.count} images in the shards, got ${images}`)
  return manifest
}

/** Writes a manifest: a line for each shard. */
export async function writeManifest(folder: string, name: string, manifest: Omit<PreparedManifest, 'format'>) {
  const { shards, ...rest } = manifest
  const text = JSON.stringify({ format: manifestFormat, ...rest, shards: '' }, null, 2)
  const lines = shards.map((shard) => `\n    ${JSON.stringify(shard)}`).join(',')
  await writeAtomically(join(folder, name), `${text.replace(/""(?=\n}$)/, () => `[${lines}\n  ]`)}\n`)
}

/** What differs between the settings of a copy in a folder and those of a call, in lines. */
export function settingsDifferences(there: PreparedSettings, now: PreparedSettings): string[] {
  const keys = Object.keys(now) as (keyof PreparedSettings)[]
  const shown = (value: unknown) => {
    const text = JSON.stringify(value)
    return text.length > 200 ? `${text.slice(0, 200)}…` : text
  }
  return keys.flatMap((key) =>
    JSON.stringify(there[key]) === JSON.stringify(now[key])
      ? []
      : [`${key}: ${shown(there[key])} there, ${shown(now[key])} now`],
  )
}
