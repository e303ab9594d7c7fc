import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import type { DownloadProgress } from '@cascade-diffusion/downloads'
import { type Entry, openPromise, type ZipFile } from 'yauzl'

export interface UnpackOptions {
  readonly folder: string
  /** The path in the folder of a file of the wheel; `undefined` leaves the file out. */
  readonly place: (name: string) => string | undefined
  readonly signal: AbortSignal
  /** Called with the bytes unpacked. */
  readonly progress?: DownloadProgress
}

/**
 * Unpacks files of a wheel one after another without holding them in memory, and checks each against the SHA-256 in the
 * wheel.
 * @returns the paths of the files.
 * @throws if a checksum differs or is missing.
 */
export async function unpackWheel(path: string, { folder, place, signal, progress }: UnpackOptions): Promise<string[]> {
  const wheel = await openPromise(path, { autoClose: false })
  try {
    const entries = await entriesOf(wheel)
    const record = await readRecord(wheel, entries, path)
    const wanted = entries.flatMap((entry) => {
      const to = place(entry.fileName)
      return to === undefined ? [] : [{ entry, to: join(folder, to) }]
    })
    const total = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
    let done = 0
    for (const { entry, to } of wanted) {
      await mkdir(dirname(to), { recursive: true })
      const hash = createHash('sha256')
      const count = async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk)
          done += chunk.length
          progress?.(done, total)
          yield chunk
        }
      }
      await pipeline(await wheel.openReadStreamPromise(entry), count, createWriteStream(to), { signal })
      const [expected, got] = [record.get(entry.fileName), hash.digest('base64url')]
      if (expected !== got)
        throw new CascadeError(
          'engine',
          `${entry.fileName} of ${path}: expected SHA-256 ${expected ?? 'in its RECORD'}, got ${got}`,
        )
    }
    return wanted.map(({ to }) => to)
  } finally {
    wheel.close()
  }
}

/** The text of a file of a wheel, such as METADATA. */
export async function readFromWheel(path: string, wants: (name: string) => boolean): Promise<string> {
  const wheel = await openPromise(path, { autoClose: false })
  try {
    const entry = (await entriesOf(wheel)).find(({ fileName }) => wants(fileName))
    if (!entry) throw new CascadeError('engine', `${path} lacks a file that every wheel has`)
    return await text(await wheel.openReadStreamPromise(entry))
  } finally {
    wheel.close()
  }
}

async function entriesOf(wheel: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of wheel.eachEntry()) if (!entry.fileName.endsWith('/')) entries.push(entry)
  return entries
}

/** The SHA-256 of each file in base64url, from `name.dist-info/RECORD`. */
async function readRecord(wheel: ZipFile, entries: readonly Entry[], path: string): Promise<Map<string, string>> {
  const entry = entries.find(({ fileName }) => /^[^/]+\.dist-info\/RECORD$/.test(fileName))
  if (!entry) throw new CascadeError('engine', `${path} is not a wheel: it has no RECORD`)
  const lines = (await text((await wheel.openReadStreamPromise(entry)) as Readable)).split('\n')
  return new Map(
    lines.flatMap((line) => {
      const match = line.match(/^(.*),sha256=([\w-]+),\d+\r?$/)
      return match ? [[match[1]!.replace(/^"(.*)"$/, '$1'), match[2]!] as const] : []
    }),
  )
}
