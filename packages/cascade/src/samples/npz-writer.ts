import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { type NpzArray, npzLayout } from '@cascade-diffusion/checkpoints'
import type { ByteImages } from '@cascade-diffusion/data'
import { fileError, flush, syncFolder } from '@cascade-diffusion/files'
import type { ImageWriter, WrittenStage } from './image-writer.ts'
import { writeFully } from './labels-file.ts'

/**
 * Writes an `.npz` file for each stage, as ADM's scripts write samples: `arr_0` uint8 [N,H,W,C], and `arr_1` int64 [N] if
 * there are labels. Until all images are there, the file is `PATH.partial`.
 */
export function npzWriter(stages: readonly WrittenStage[], count: number): ImageWriter {
  const files = stages.map((stage) => npzFile(stage, count))
  const each = async (use: (file: NpzFile, i: number) => Promise<void>) => {
    for (const [i, file] of files.entries()) await use(file, i)
  }
  return {
    foreign: async () =>
      stages.map(({ path }) => path).find((path) => existsSync(path) || existsSync(`${path}.partial`)),
    present: async (done) => ((await Promise.all(files.map((file) => file.holds(done)))).every(Boolean) ? done : 0),
    begin: (from) => each((file) => file.begin(from)),
    write: (from, images) => each((file, i) => file.write(from, images[i] as ByteImages)),
    finish: (labels) => each((file) => file.finish(labels)),
    close: () => each((file) => file.close()),
  }
}

interface NpzFile {
  holds(done: number): Promise<boolean>
  begin(from: number): Promise<void>
  write(from: number, images: ByteImages): Promise<void>
  finish(labels: Int32Array | undefined): Promise<void>
  close(): Promise<void>
}

/** Bytes that are read at a time. */
const readBytes = 1 << 22

function npzFile({ shape, path }: WrittenStage, count: number): NpzFile {
  const partial = `${path}.partial`
  const images: NpzArray = { name: 'arr_0', type: 'uint8', shape: [count, ...shape] }
  const layout = npzLayout([images])
  const { position, bytes, crc: first } = layout.places[0] as (typeof layout.places)[number]
  const each = bytes / count
  let file: FileHandle | undefined
  let crc = first
  const filing = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (cause) {
      throw fileError(path, cause)
    }
  }
  const sizeOf = (name: string) =>
    stat(name).then(
      ({ size }) => size,
      () => -1,
    )
  const close = async () => {
    await file?.close()
    file = undefined
  }
  return {
    close,
    holds: async (done) => {
      const size = await sizeOf(partial)
      if (size >= 0) return size >= position + done * each
      return done === count && (await sizeOf(path)) >= position + bytes
    },
    begin: (from) =>
      filing(async () => {
        await mkdir(dirname(path), { recursive: true })
        // A run that was killed while it finished has renamed some of its files.
        if (from === count && !existsSync(partial)) return
        file = await open(partial, existsSync(partial) ? 'r+' : 'w+')
        crc = await checksum(file, first, position, from * each)
      }),
    write: (from, { data }) =>
      filing(async () => {
        await writeFully(file as FileHandle, data, position + from * each)
        crc = crc32(data, crc)
        await flush(file as FileHandle)
      }),
    finish: (labels) =>
      filing(async () => {
        if (!file) return
        const values = labels && new Uint8Array(BigInt64Array.from(labels, BigInt).buffer)
        const whole = npzLayout([
          images,
          ...(labels ? [{ name: 'arr_1', type: 'int64', shape: [count] } as const] : []),
        ])
        const crcs = [crc]
        for (const { position, crc } of whole.places.slice(1)) {
          await writeFully(file, values as Uint8Array, position)
          crcs.push(crc32(values as Uint8Array, crc))
        }
        for (const { position, bytes } of whole.frame(crcs)) await writeFully(file, bytes, position)
        await file.truncate(whole.size)
        await flush(file)
        await close()
        await rename(partial, path)
        await syncFolder(dirname(path))
      }),
  }
}

/** Continues a CRC-32 over bytes of a file. */
async function checksum(file: FileHandle, crc: number, position: number, length: number): Promise<number> {
  const buffer = new Uint8Array(Math.min(length, readBytes))
  let sum = crc
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - done), position + done)
    if (bytesRead === 0) throw new Error('the file is cut short')
    sum = crc32(buffer.subarray(0, bytesRead), sum)
    done += bytesRead
  }
  return sum
}
