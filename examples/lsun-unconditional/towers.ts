// Towers against the sky: a small stand-in for photographs of churches, without labels.
import type { ImageSource } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'

/** Draws image `index`, RGB bytes: one to three towers with roofs, under a sky that is paler at the horizon. */
function draw(index: number, size: number): Uint8Array {
  const key = rng(0).fold(`${index}`)
  const [number = 0, ...colours] = key.fold('colours').uniform([10]).data
  const standing = Array.from({ length: 1 + Math.floor(3 * number) }, (_, i) => {
    const [x = 0, width = 0, height = 0, roof = 0] = key.fold(`tower ${i}`).uniform([4]).data
    return { x: 0.2 + 0.6 * x, width: 0.06 + 0.08 * width, top: 0.7 - 0.3 * height, roof: 0.1 + 0.2 * roof }
  })
  const data = new Uint8Array(size * size * 3)
  for (let row = 0, at = 0; row < size; row++)
    for (let column = 0; column < size; column++, at += 3) {
      const [u, v] = [(column + 0.5) / size, (row + 0.5) / size]
      const walls = standing.some(({ x, width, top }) => Math.abs(u - x) < width && v > top)
      const roofs = standing.some(
        ({ x, width, top, roof }) => v <= top && Math.abs(u - x) < (1.2 * width * (v - top + roof)) / roof,
      )
      const part = walls ? 0 : roofs ? 3 : 6
      const light = walls || roofs ? 0.7 : 0.6 + 0.4 * v
      for (let c = 0; c < 3; c++) data[at + c] = 255 * light * (0.3 + 0.7 * colours[part + c]!)
    }
  return data
}

const size = 128

/** 200 images, drawn as they are read. Each depends on its index alone. */
export const towers: ImageSource = {
  name: 'towers against the sky',
  count: 200,
  channels: 3,
  size: [size, size],
  async read(indices) {
    return { images: indices.map((index) => ({ shape: [size, size, 3], data: draw(index, size) })) }
  },
}
