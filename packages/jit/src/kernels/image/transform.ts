import { backend_util } from '@tensorflow/tfjs-core'
import type { TensorType, Value } from '../../graph/graph.ts'
import { HWNC } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { first, type Kernel, type Kernels } from '../kernel.ts'
import { coordinates, doubles, type Pixels, pixelsOf, readPixels } from './pixels.ts'

type Coordinates = ReturnType<typeof coordinates>

/** Brings coordinates outside of an axis inside, as tfjs does; 'constant' leaves them. */
function mapped(c: Coordinates, at: Physical, length: number, mode: string): Physical {
  const clamp = (x: Physical) => c.min(c.max(x, 0), length - 1)
  if (mode === 'constant') return at
  if (mode === 'nearest' || length === 1) return clamp(at)
  const [below, above] = [c.less(at, 0), c.less(length - 1, at)]
  const negative = c.sub(0, at)
  if (mode === 'wrap') {
    const turns = (x: Physical) => c.floor(c.div(x, length - 1))
    const up = c.add(at, c.mul(c.add(turns(negative), 1), length))
    const down = c.sub(at, c.mul(turns(at), length))
    return clamp(c.where(below, up, c.where(above, down, at)))
  }
  // [abcd] continues as [dcba|abcd|dcba].
  const period = 2 * length
  const turns = (x: Physical) => c.mul(c.floor(c.div(x, period)), period)
  const left = c.add(turns(negative), at)
  const low = c.where(c.less(left, -length), c.add(left, period), c.sub(c.sub(0, left), 1))
  const rest = c.sub(at, turns(at))
  const high = c.where(c.less(rest, length), rest, c.sub(c.sub(period, rest), 1))
  return clamp(c.where(below, low, c.where(above, high, at)))
}

/** Pixels at whole float64 coordinates. Outside of the image they are `fill`. */
function reader(l: Lowering, images: Pixels, start: Physical, c: Coordinates, shape: readonly number[], fill: number) {
  return (row: Physical, column: Physical): Physical => {
    const inside = (x: Physical, length: number) => c.and(c.atMost(0, x), c.less(x, length))
    const known = c.and(inside(row, images.height), inside(column, images.width))
    const index = (x: Physical, length: number) => c.int(c.min(c.max(x, 0), length - 1))
    const pixels = readPixels(l, images, start, index(row, images.height), index(column, images.width), shape)
    return l.op('Where', [l.reshape(known, [...known.shape, 1]), pixels, l.scalar(fill)], pixels.shape)
  }
}

/** Images resampled where a projective transform [N or 1, 8] takes each pixel of the result. */
const transform: Kernel = {
  inputs: ['image', 'transforms'],
  attributes: ({ interpolation, fillMode, fillValue, outputShape }) => ({
    interpolation,
    fillMode,
    fillValue,
    outputShape,
  }),
  infer: ([image], { outputShape }) => {
    const { shape, dtype } = image as TensorType
    const [n, height, width, channels] = shape as [number, number, number, number]
    return [{ shape: [n, ...((outputShape as number[] | undefined) ?? [height, width]), channels], dtype }]
  },
  lower: (l, node) => {
    const [image, transforms] = node.inputs as [Value, Value]
    const { interpolation, fillMode, fillValue } = node.attributes as Record<string, unknown>
    const out = first(node.outputs)
    const [n, height, width] = out.shape as [number, number, number, number]
    const shape = [n, height, width]
    const matrices = transforms.shape[0] as number
    const c = coordinates(l, [matrices, height, width])
    const numbers = l.cast(l.at(transforms), transforms.dtype, 'float64')
    const parts = l.ops('Split', [numbers, l.ints(Array(8).fill(1))], 8, { axis: 1 })
    const t = (i: number) => l.reshape({ name: parts[i] as string, shape: [matrices, 1] }, [matrices, 1, 1])
    const x = doubles(
      l,
      Float32Array.from({ length: width }, (_, i) => i),
      [1, 1, width],
    )
    const y = doubles(
      l,
      Float32Array.from({ length: height }, (_, i) => i),
      [1, height, 1],
    )
    const linear = (i: number, offset: Physical | number) => c.add(c.add(c.mul(t(i), x), c.mul(t(i + 1), y)), offset)
    const projection = linear(6, 1)
    const infinite = c.equal(projection, 0)
    const divisor = c.where(infinite, 1, projection)
    // From one pixel outside of the image on, there is only `fillValue`.
    const near = (at: Physical, length: number) =>
      c.min(c.max(mapped(c, at, length, fillMode as string), -2), length + 1)
    const images = pixelsOf(l, l.at(image), image.dtype)
    const column = near(c.div(linear(0, t(2)), divisor), images.width)
    const row = near(c.div(linear(3, t(5)), divisor), images.height)

    const starts = Int32Array.from({ length: n }, (_, i) => i * images.height * images.width)
    const fill = fillValue as number
    const read = reader(l, images, l.constant(starts, [n, 1, 1], 'int32'), c, shape, fill)
    const found = interpolation === 'nearest' ? read(c.round(row), c.round(column)) : bilinear(l, c, read, row, column)
    const outside = l.reshape(infinite, [...infinite.shape, 1])
    l.set(out, l.cast(l.op('Where', [outside, l.scalar(fill), found], out.shape), 'float32', out.dtype))
  },
}

/** The four pixels around a place, weighted by their distance. */
function bilinear(
  l: Lowering,
  c: Coordinates,
  read: (row: Physical, column: Physical) => Physical,
  row: Physical,
  column: Physical,
): Physical {
  const ends = (at: Physical) => {
    const low = c.floor(at)
    const high = c.add(low, 1)
    return [
      { at: low, weight: c.sub(high, at) },
      { at: high, weight: c.sub(at, low) },
    ]
  }
  const parts = ends(row).flatMap((y) =>
    ends(column).map((x) => {
      const pixels = read(y.at, x.at)
      const weight = c.float(c.mul(y.weight, x.weight))
      return l.op('Mul', [pixels, l.reshape(weight, [...weight.shape, 1])], pixels.shape)
    }),
  )
  return l.op('Sum', parts, first(parts).shape)
}

/** The pixel that each pixel of a rotated image shows, −1 outside. */
function rotated(height: number, width: number, radians: number, center: number | [number, number]): Int32Array {
  const [centerX, centerY] = backend_util.getImageCenter(center, height, width)
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)]
  return Int32Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [(i % width) - centerX, Math.floor(i / width) - centerY]
    const column = Math.round(x * cos - y * sin + centerX)
    const row = Math.round(x * sin + y * cos + centerY)
    return column >= 0 && column < width && row >= 0 && row < height ? row * width + column : -1
  })
}

/** Images rotated by an angle that is known while tracing: each pixel shows another one. */
const rotate: Kernel = {
  inputs: ['image'],
  attributes: ({ radians, fillValue, center }) => ({ radians, fillValue, center }),
  infer: ([image]) => [image as TensorType],
  lower: (l, node) => {
    const image = first(node.inputs)
    const { radians, fillValue, center } = node.attributes as {
      radians: number
      fillValue: number | number[]
      center: number | [number, number]
    }
    const [n, height, width, channels] = image.shape as [number, number, number, number]
    const area = height * width
    const source = rotated(height, width, radians, center)
    const pixels = l.reshape(l.cast(l.at(image, HWNC), image.dtype, 'float32'), [area, n, channels])
    const numbers = l.constant(
      source.map((i) => Math.max(0, i)),
      [area],
      'int32',
    )
    const seen = l.op('Gather', [pixels, numbers], pixels.shape, { axis: 0 })
    const inside = l.constant(
      Uint8Array.from(source, (i) => (i < 0 ? 0 : 1)),
      [area, 1, 1],
      'bool',
    )
    // If there is a value for each channel, the fourth is opacity.
    const fills = Array.from({ length: channels }, (_, c) => (c === 3 ? 255 : ((fillValue as number[])[c] as number)))
    const fill = typeof fillValue === 'number' ? l.scalar(fillValue) : l.floats(fills, [channels])
    const y = l.op('Where', [inside, seen, fill], pixels.shape)
    l.set(first(node.outputs), l.cast(y, 'float32', image.dtype), HWNC)
  },
}

/** Images seen through a transform of the plane. */
export const transformKernels: Kernels = { Transform: transform, RotateWithOffset: rotate }
