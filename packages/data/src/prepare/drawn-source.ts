import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '../images/png.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'

/**
 * PNG files in a folder, drawn for tests: `count` of them, of several sizes from 20×24 on, in two classes.
 * @param damaged indices of files that are cut short.
 */
export function drawnSource(folder: string, count: number, damaged: readonly number[] = []): EncodedSource {
  const paths = Array.from({ length: count }, (_, i) => {
    const [height, width] = [20 + (i % 5), 24 + (i % 7)]
    const data = Uint8Array.from({ length: height * width * 3 }, (_, at) => (at * (i + 3) + (at >> 5) * 7) % 256)
    const png = encodePng({ shape: [height, width, 3], data })
    const path = join(folder, `${i}.png`)
    writeFileSync(path, damaged.includes(i) ? png.subarray(0, 60) : png)
    return path
  })
  return encodedSource({
    name: 'drawn',
    count,
    classNames: ['even', 'odd'],
    readLabels: async () => Int32Array.from({ length: count }, (_, i) => i % 2),
    encoded: {
      decoding: { channels: 3 },
      locate: async (indices) => ({
        images: indices.map((i) => ({ name: paths[i]!, path: paths[i]! })),
        labels: indices.map((i) => i % 2),
      }),
    },
  })
}
