// Shapes in colour: a small stand-in for photographs, with classes and as large as they are.
import type { LabelledSource } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'

/** Whether a point is inside a shape, which reaches from -1 to 1. */
const outlines: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  disc: (x, y) => x * x + y * y < 1,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.75) < 0.25,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  triangle: (x, y) => y < 0.8 && Math.abs(x) < (y + 1) / 1.8,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 0.95,
}

const classNames = Object.keys(outlines)

/** Draws image `index`, RGB bytes: a shape of one colour on a background that fades from another to black. */
function draw(index: number, size: number): Uint8Array {
  const [x = 0, y = 0, radius = 0, ...colours] = rng(0).fold(`${index}`).uniform([9]).data
  const inside = outlines[classNames[index % classNames.length]!]!
  const [centreX, centreY, r] = [0.35 + 0.3 * x, 0.35 + 0.3 * y, 0.15 + 0.15 * radius]
  const data = new Uint8Array(size * size * 3)
  for (let row = 0, at = 0; row < size; row++)
    for (let column = 0; column < size; column++, at += 3) {
      const [u, v] = [(column + 0.5) / size, (row + 0.5) / size]
      const isShape = inside((u - centreX) / r, (v - centreY) / r)
      for (let c = 0; c < 3; c++) data[at + c] = 255 * (isShape ? 0.4 + 0.6 * colours[c]! : 0.6 * v * colours[3 + c]!)
    }
  return data
}

const size = 256

/** 200 images, drawn as they are read. Each depends on its index alone. */
export const shapes: LabelledSource = {
  name: 'shapes in colour',
  count: 200,
  channels: 3,
  size: [size, size],
  classNames,
  async read(indices) {
    return {
      images: indices.map((index) => ({ shape: [size, size, 3], data: draw(index, size) })),
      labels: indices.map((index) => index % classNames.length),
    }
  },
}
