import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { fileError, flush } from '@cascade-diffusion/files'

/** The labels of an unfinished run, in a file of int32, little-endian, at their places. */
export interface LabelsFile {
  /** The number of labels in it; 0 if there is no file. */
  count(): Promise<number>
  /** Writes labels to their places, and flushes. */
  write(from: number, labels: Int32Array): Promise<void>
  read(from: number, to: number): Promise<Int32Array>
  remove(): Promise<void>
}

/** The labels at a path. */
export function labelsFile(path: string): LabelsFile {
  const using = async <T>(flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> => {
    const file = await open(path, flags)
    try {
      return await use(file)
    } finally {
      await file.close()
    }
  }
  const size = () =>
    stat(path).then(
      ({ size }) => size,
      () => undefined,
    )
  return {
    count: async () => Math.floor(((await size()) ?? 0) / 4),
    async write(from, labels) {
      const view = new DataView(new ArrayBuffer(4 * labels.length))
      for (const [i, label] of labels.entries()) view.setInt32(4 * i, label, true)
      try {
        await using((await size()) === undefined ? 'w' : 'r+', async (file) => {
          await writeFully(file, new Uint8Array(view.buffer), 4 * from)
          await flush(file)
        })
      } catch (cause) {
        throw fileError(path, cause)
      }
    },
    read: (from, to) =>
      using('r', async (file) => {
        const view = new DataView(new ArrayBuffer(4 * (to - from)))
        await file.read(new Uint8Array(view.buffer), 0, view.byteLength, 4 * from)
        return Int32Array.from({ length: to - from }, (_, i) => view.getInt32(4 * i, true))
      }),
    remove: () => rm(path, { force: true }),
  }
}

/** Writes all bytes at a position. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
