// How far sharp's own resizing is from `resizeImage`, which is Pillow's, in levels of 255: the table of docs/data.md.
//
//     node --conditions=@cascade-diffusion/source --import=tsx benchmarks/sharp-resizing.ts PHOTOGRAPHS...
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { centerCrop, decodeImage, type ResizeFilter, resizeImage, transformOf } from '@cascade-diffusion/data'

// The sharp that `data` uses.
const sharp = createRequire(new URL('../packages/data/package.json', import.meta.url))('sharp')

const kernels: readonly (readonly [sharp: string, ours: ResizeFilter])[] = [
  ['linear', 'bilinear'],
  ['cubic', 'bicubic'],
  ['lanczos3', 'lanczos'],
]
/** From and to: [height, width]. */
const sizes = [
  ...[32, 64, 299, 512, 2048].map((to) => [1024, 1024, to, to] as const),
  [375, 500, 64, 85] as const,
  [375, 500, 750, 1000] as const,
]
const photographs = await Promise.all(process.argv.slice(2).map((path) => readFile(path)))

for (const [name, filter] of kernels) {
  for (const [height, width, newHeight, newWidth] of sizes) {
    const [all, inside] = [differences(), differences()]
    for (const bytes of photographs) {
      const photograph = await decodeImage(bytes)
      if (photograph.shape[0]! < height || photograph.shape[1]! < width) continue
      const { data } = centerCrop({ size: [height, width] }).apply(photograph, undefined)
      const ours = resizeImage({ shape: [height, width, 3], data }, [newHeight, newWidth], { filter })
      const theirs: Buffer = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(newWidth, newHeight, { kernel: name, fit: 'fill' })
        .raw()
        .toBuffer()
      const margin = newHeight > height ? 8 : 3
      for (let i = 0; i < theirs.length; i++) {
        const [x, y] = [Math.floor(i / 3) % newWidth, Math.floor(i / 3 / newWidth)]
        const difference = Math.abs(theirs[i]! - ours.data[i]!)
        all.add(difference)
        if (Math.min(x, y, newWidth - 1 - x, newHeight - 1 - y) >= margin) inside.add(difference)
      }
    }
    console.log(
      `${name} ${filter} ${height}x${width} -> ${newHeight}x${newWidth}: all ${all.text()}, inside ${inside.text()}`,
    )
  }
}

// JPEG files, which sharp shrinks while it decodes them: the shorter side becomes 64.
for (const [name, filter] of kernels) {
  const [all, cropped] = [differences(), differences()]
  for (const bytes of photographs) {
    const photograph = await decodeImage(bytes)
    const [height, width] = photograph.shape as readonly [number, number]
    const short = Math.min(height, width)
    const to = [Math.trunc((64 * height) / short), Math.trunc((64 * width) / short)] as const
    const ours = resizeImage(photograph, to, { filter })
    const file = () => sharp(bytes, { ignoreIcc: true, autoOrient: true })
    const theirs: Buffer = await file().resize(to[1], to[0], { kernel: name, fit: 'fill' }).raw().toBuffer()
    for (let i = 0; i < theirs.length; i++) all.add(Math.abs(theirs[i]! - ours.data[i]!))
    const ourCrop = transformOf({ name: 'resize-crop', size: 64, filter }).apply(photograph, undefined)
    const theirCrop: Buffer = await file().resize(64, 64, { kernel: name }).raw().toBuffer()
    for (let i = 0; i < theirCrop.length; i++) cropped.add(Math.abs(theirCrop[i]! - ourCrop.data[i]!))
  }
  console.log(`${name} ${filter} JPEG files -> 64: ${all.text()}; and its own crop: ${cropped.text()}`)
}

function differences() {
  let [most, sum, count] = [0, 0, 0]
  return {
    add(difference: number) {
      most = Math.max(most, difference)
      sum += difference
      count++
    },
    text: () => (count ? `max ${most}, mean ${(sum / count).toFixed(2)}` : 'none'),
  }
}
