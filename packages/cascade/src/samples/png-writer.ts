import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ByteImages, encodePng } from '@cascade-diffusion/data'
import { writeFilesAtomically } from '@cascade-diffusion/files'
import type { ImageWriter, WrittenStage } from './image-writer.ts'

/** The digits of the places in names of PNG files: 6, or more if the last place has more. */
export const digitsOf = (firstIndex: number, count: number): number =>
  Math.max(6, String(firstIndex + count - 1).length)

/**
 * Writes PNG files, one for each image. Each is written whole or not at all.
 * @param named the name of the image at a place of the run, without its ending.
 */
export function pngWriter(
  folder: string,
  stages: readonly WrittenStage[],
  named: (place: number) => string,
): ImageWriter {
  const nameOf = (place: number) => `${named(place)}.png`
  const list = (path: string): Promise<string[]> => readdir(path).catch(() => [])
  return {
    // A run that was killed while it wrote its first state left a partial one.
    foreign: async () => (await list(folder)).find((name) => !name.endsWith('.json.partial')),
    async present(done) {
      const names = await Promise.all(stages.map(async ({ path }) => new Set(await list(path))))
      for (let place = 0; place < done; place++) if (!names.every((there) => there.has(nameOf(place)))) return place
      return done
    },
    async begin() {
      for (const path of new Set([folder, ...stages.map(({ path }) => path)])) {
        await mkdir(path, { recursive: true })
        for (const name of await list(path))
          if (/\.(png|json)\.partial$/.test(name)) await rm(join(path, name), { force: true })
      }
    },
    async write(from, images) {
      for (const [i, { path }] of stages.entries()) {
        const { shape, data } = images[i] as ByteImages
        const [n = 0, ...image] = shape
        const bytes = data.length / n
        const files = Array.from({ length: n }, (_, k) => [
          nameOf(from + k),
          encodePng({ shape: image, data: data.subarray(k * bytes, (k + 1) * bytes) }),
        ])
        await writeFilesAtomically(path, Object.fromEntries(files))
      }
    },
    async finish() {},
    async close() {},
  }
}
