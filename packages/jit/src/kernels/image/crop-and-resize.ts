import type { TensorType, Value } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { first, type Kernels } from '../kernel.ts'
import { coordinates, doubles, mix, pixelsOf, readPixels } from './pixels.ts'

/**
 * The places of the crops' pixels along an axis of `length`: float64 [B, size], from 0 to length − 1 inside of the
 * image.
 */
function along(l: Lowering, from: Physical, to: Physical, length: number, size: number): Physical {
  const boxes = from.shape[0] as number
  const one = coordinates(l, [boxes, 1])
  if (size === 1) return one.mul(one.mul(one.add(from, to), 0.5), length - 1)
  const scale = one.div(one.mul(one.sub(to, from), length - 1), size - 1)
  const { add, mul } = coordinates(l, [boxes, size])
  const steps = doubles(
    l,
    Float32Array.from({ length: size }, (_, i) => i),
    [1, size],
  )
  return add(one.mul(from, length - 1), mul(steps, scale))
}

/** Parts of images, each brought to one size. */
export const cropAndResizeKernels: Kernels = {
  CropAndResize: {
    inputs: ['image', 'boxes', 'boxInd'],
    attributes: ({ cropSize, method, extrapolationValue }) => ({ cropSize, method, extrapolationValue }),
    infer: ([image, boxes], { cropSize }) => {
      const channels = (image as TensorType).shape[3] as number
      return [
        { shape: [(boxes as TensorType).shape[0] as number, ...(cropSize as number[]), channels], dtype: 'float32' },
      ]
    },
    lower: (l, node) => {
      const [image, boxes, boxInd] = node.inputs as [Value, Value, Value]
      const { method, extrapolationValue } = node.attributes as { method: string; extrapolationValue: number }
      const out = first(node.outputs)
      const [count, rows, columns] = out.shape as [number, number, number, number]
      const images = pixelsOf(l, l.at(image), image.dtype)
      const { height, width } = images
      const corners = l.cast(l.at(boxes), boxes.dtype, 'float64')
      const names = l.ops('Split', [corners, l.ints([1, 1, 1, 1])], 4, { axis: 1 })
      const corner = (i: number): Physical => ({ name: names[i] as string, shape: [count, 1] })
      const axes = [
        { at: along(l, corner(0), corner(2), height, rows), length: height, shape: [count, rows, 1] },
        { at: along(l, corner(1), corner(3), width, columns), length: width, shape: [count, 1, columns] },
      ].map(({ at, length, shape }) => {
        const c = coordinates(l, shape)
        const place = l.reshape(at, shape)
        const inside = c.and(c.atMost(0, place), c.atMost(place, length - 1))
        const index = (x: Physical) => c.int(c.min(c.max(x, 0), length - 1))
        const low = c.floor(place)
        const part = c.float(c.sub(place, low))
        return { inside, low: index(low), high: index(c.ceil(place)), near: index(c.round(place)), part }
      })
      const [row, column] = axes as [(typeof axes)[0], (typeof axes)[0]]
      const shape = [count, rows, columns]

      const n = image.shape[0] as number
      const box = l.reshape(l.at(boxInd), [count, 1, 1])
      const last = l.scalar(n - 1, 'int32')
      const start = l.op('Mul', [l.op('Min', [box, last], box.shape), l.scalar(height * width, 'int32')], box.shape)
      const read = (y: Physical, x: Physical) => readPixels(l, images, start, y, x, shape)
      const expand = (x: Physical) => l.op('Expand', [x, l.ints(shape)], shape)
      const pixels =
        method === 'nearest'
          ? read(row.near, column.near)
          : mix(
              l,
              mix(l, read(row.low, column.low), read(row.low, column.high), expand(column.part)),
              mix(l, read(row.high, column.low), read(row.high, column.high), expand(column.part)),
              expand(row.part),
            )
      const inside = l.reshape(l.op('And', [row.inside, column.inside], shape), [...shape, 1])
      const seen = l.op('Where', [inside, pixels, l.scalar(extrapolationValue)], out.shape)
      // Boxes of images that do not exist stay 0.
      const known = l.reshape(l.op('LessOrEqual', [box, last], box.shape), [count, 1, 1, 1])
      l.set(out, l.op('Where', [known, seen, l.scalar(0)], out.shape))
    },
  },
}
