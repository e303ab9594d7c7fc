import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { readEncoded } from '../sources/read-encoded.ts'
import fixtures from '../tar/fixtures/shards.json' with { type: 'json' }
import type { TarShards } from '../tar/tar-shards.ts'

/** What webdataset read of a shard. */
export interface Sample {
  readonly key: string
  readonly entries: Readonly<Record<string, string>>
}

export type ShardName = keyof typeof fixtures.shards
export const shardNames = Object.keys(fixtures.shards) as ShardName[]
export const tarOf = (name: ShardName): Buffer => gunzipSync(Buffer.from(fixtures.shards[name].tar, 'base64'))
export const samplesOf = (name: ShardName): readonly Sample[] => fixtures.shards[name].samples as never
export const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64')

export function written(bytes: Uint8Array, name = 'a.tar'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  return path
}

/** Every image with its name, as bytes. */
export async function contents(source: TarShards) {
  const { images, labels } = await source.encoded.locate(Array.from({ length: source.count }, (_, i) => i))
  const bytes = await Promise.all(images.map(readEncoded))
  return images.map(({ name }, i) => ({ name, bytes: Buffer.from(bytes[i] as Uint8Array), label: labels?.[i] }))
}

/** The samples of webdataset that have an image and a label. */
export const expected = (path: string, samples: readonly Sample[], image: readonly string[]) =>
  samples.flatMap(({ key, entries }) => {
    const extension = image.find((name) => entries[name] !== undefined)
    if (!extension || entries.cls === undefined) return []
    return [
      { name: `${path}: ${key}.${extension}`, bytes: bytesOf(entries[extension]), label: Number(bytesOf(entries.cls)) },
    ]
  })
