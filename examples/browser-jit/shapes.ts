import { int32, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'

/** Height and width in pixels. */
export const resolution = 16

type Distance = (x: number, y: number) => number

const heart: Distance = (x, y) => (x * x + y * y - 0.55) ** 3 + 1.9 * x * x * y ** 3
const triangle: Distance = (x, y) => Math.max(y - 0.6, 0.87 * Math.abs(x) - 0.5 * y - 0.45)
const plus: Distance = (x, y) =>
  Math.min(Math.max(Math.abs(x) - 0.24, Math.abs(y) - 0.8), Math.max(Math.abs(y) - 0.24, Math.abs(x) - 0.8))

/** The classes: whether a point is inside of a shape (negative) or not, for points in [-1, 1]²; y points down. */
const shapes: Readonly<Record<string, Distance>> = {
  disc: (x, y) => Math.hypot(x, y) - 0.75,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.6) - 0.19,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) - 0.66,
  triangle,
  plus,
  heart,
}

export const classNames = Object.keys(shapes)

/** Red, green and blue in [-1, 1] of a bright colour; hues are cyclic in [0, 1]. */
const colour = (hue: number): number[] =>
  [0, 1 / 3, 2 / 3].map((shift) => 0.25 + 0.75 * Math.cos(2 * Math.PI * (hue - shift)))

const background = [-0.86, -0.84, -0.78]

/** Draws n labelled images of one shape each, in any place, size and colour: float32 [n,16,16,3] in [-1, 1], int32 [n]. */
export function drawShapes(n: number, rng: Rng): { x0: NDArray<'float32'>; label: NDArray<'int32'> } {
  const label = rng.fold('label').integers([n], 0, classNames.length)
  const dice = rng.fold('place').uniform([n, 4]).data
  const data = new Float32Array(n * resolution ** 2 * 3)
  for (let i = 0; i < n; i++) {
    const [hue, size, left, up] = dice.subarray(4 * i) as unknown as [number, number, number, number]
    const scale = 0.75 + 0.25 * size
    const inside = shapes[classNames[label.data[i]!]!]!
    const [ink, cx, cy] = [colour(hue), (left - 0.5) * 0.25, (up - 0.5) * 0.25]
    for (let p = 0; p < resolution ** 2; p++) {
      const cover = coverage(inside, p % resolution, Math.floor(p / resolution), { scale, cx, cy })
      for (let c = 0; c < 3; c++)
        data[(i * resolution ** 2 + p) * 3 + c] = background[c]! + cover * (ink[c]! - background[c]!)
    }
  }
  return { x0: ndarray(data, [n, resolution, resolution, 3]), label }
}

/** The share of a pixel that the shape covers, by nine points in it. */
function coverage(
  inside: Distance,
  column: number,
  row: number,
  at: { scale: number; cx: number; cy: number },
): number {
  let hits = 0
  for (let k = 0; k < 9; k++) {
    const x = ((column + (1 + 2 * (k % 3)) / 6) * 2) / resolution - 1
    const y = ((row + (1 + 2 * Math.floor(k / 3)) / 6) * 2) / resolution - 1
    if (inside((x - at.cx) / at.scale, (y - at.cy) / at.scale) < 0) hits++
  }
  return hits / 9
}

/** `perClass` labels of each class, class by class. */
export const labelRows = (perClass: number): NDArray<'int32'> =>
  int32(classNames.flatMap((_, label) => Array<number>(perClass).fill(label)))
