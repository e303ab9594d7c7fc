import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { temporaryFolder } from '@cascade-diffusion/testing'
import type { Lmdb } from './open-lmdb.ts'

const fixturePath = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

/** What python-lmdb reads of a database: of its keys and values, the number and the SHA-256. */
export interface Expected {
  readonly database?: string
  readonly count: number
  readonly depth: number
  readonly sha256: string
}

/** By the names of the fixtures. */
export const expected: Readonly<Record<string, readonly Expected[]>> = JSON.parse(
  readFileSync(fixturePath('expected.json'), 'utf8'),
)

/** The bytes of a fixture. */
export const fixtureBytes = (name: string): Buffer => gunzipSync(readFileSync(fixturePath(`${name}.mdb.gz`)))

/** A file of these bytes. */
export function fileOf(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'data.mdb')
  writeFileSync(path, bytes)
  return path
}

/** A copy of a fixture. */
export const fixtureFile = (name: string): string => fileOf(fixtureBytes(name))

/** The SHA-256 of all keys and values, each after its length in 4 bytes. */
export async function digest(lmdb: Pick<Lmdb, 'entries'>): Promise<string> {
  const hash = createHash('sha256')
  for await (const { key, value } of lmdb.entries())
    for (const part of [key, value]) hash.update(Uint32Array.of(part.length)).update(part)
  return hash.digest('hex')
}
