import type { DType } from '@cascade-diffusion/arrays'
import type { Lowering, Physical } from '../../lower/lowering.ts'

// Coordinates are float64, as tfjs computes them: in float32 a pixel on the edge could fall outside.

/** Arithmetic on float64 coordinates, whose shapes broadcast to `shape`. */
export function coordinates(l: Lowering, shape: readonly number[]) {
  const number = (x: Physical | number) => (typeof x === 'number' ? l.scalar(x, 'float64') : x)
  const binary = (opType: string) => (a: Physical | number, b: Physical | number) =>
    l.op(opType, [number(a), number(b)], shape)
  const add = binary('Add')
  const floor = (x: Physical) => l.op('Floor', [x], shape)
  return {
    add,
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    max: binary('Max'),
    min: binary('Min'),
    less: binary('Less'),
    atMost: binary('LessOrEqual'),
    equal: binary('Equal'),
    floor,
    ceil: (x: Physical) => l.op('Ceil', [x], shape),
    /** Halves are rounded up, as JavaScript does. */
    round: (x: Physical) => floor(add(x, 0.5)),
    where: (condition: Physical, a: Physical | number, b: Physical | number) =>
      l.op('Where', [condition, number(a), number(b)], shape),
    and: (a: Physical, b: Physical) => l.op('And', [a, b], shape),
    int: (x: Physical) => l.cast(x, 'float64', 'int32'),
    float: (x: Physical) => l.cast(x, 'float64', 'float32'),
  }
}

/** A float64 constant of numbers that float32 holds exactly. */
export const doubles = (l: Lowering, values: ArrayLike<number>, shape: readonly number[]): Physical =>
  l.cast(l.floats(values, shape), 'float32', 'float64')

/** A table of pixels [N·H·W, C]. */
export interface Pixels {
  readonly table: Physical
  readonly height: number
  readonly width: number
}

/** Images [N, H, W, C] in memory as float32. */
export function pixelsOf(l: Lowering, images: Physical, dtype: DType): Pixels {
  const [n, height, width, channels] = images.shape as [number, number, number, number]
  return { table: l.reshape(l.cast(images, dtype, 'float32'), [n * height * width, channels]), height, width }
}

/**
 * The pixels [...shape, C] at int32 coordinates inside of images.
 * @param first the number of an image's first pixel.
 */
export function readPixels(
  l: Lowering,
  { table, width }: Pixels,
  first: Physical,
  row: Physical,
  column: Physical,
  shape: readonly number[],
): Physical {
  const start = l.op('Add', [l.op('Mul', [row, l.scalar(width, 'int32')], shape), column], shape)
  const number = l.op('Add', [start, first], shape)
  return l.op('Gather', [table, number], [...shape, table.shape[1] as number], { axis: 0 })
}

/** a + (b − a) · part, `part` [...] for pixels [..., C]. */
export function mix(l: Lowering, a: Physical, b: Physical, part: Physical): Physical {
  const weights = l.reshape(part, [...part.shape, 1])
  return l.op('Add', [a, l.op('Mul', [l.op('Sub', [b, a], a.shape), weights], a.shape)], a.shape)
}
