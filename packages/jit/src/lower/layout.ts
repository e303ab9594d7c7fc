/**
 * A physical layout: which logical axis lies at each physical place, outermost first.
 * `[0, 1, 2, 3]` of a logical NHWC tensor is NHWC in memory, `[1, 2, 0, 3]` is HWNC, `[0, 3, 1, 2]` is NCHW.
 */
export type Layout = readonly number[]

/** Rows and columns of a batch of images outermost. */
export const HWNC: Layout = [1, 2, 0, 3]

/** Images as ONNX's `Conv` takes them. */
export const NCHW: Layout = [0, 3, 1, 2]

export const identity = (rank: number): Layout => Array.from({ length: rank }, (_, i) => i)

export const isIdentity = (layout: Layout): boolean => layout.every((axis, i) => axis === i)

export const sameLayout = (a: Layout, b: Layout): boolean =>
  a.length === b.length && a.every((axis, i) => axis === b[i])

/** The shape in memory of a tensor with this logical shape. */
export const physicalShape = (shape: readonly number[], layout: Layout): number[] =>
  layout.map((axis) => shape[axis] as number)

/** Whether two layouts of one shape put the elements in the same order. Axes of length 1 do not matter. */
export function sameOrder(shape: readonly number[], a: Layout, b: Layout): boolean {
  const real = (layout: Layout) => layout.filter((axis) => shape[axis] !== 1)
  return sameLayout(real(a), real(b))
}

/**
 * The layout of a reshaped tensor if no element has to move in memory, else undefined. Both shapes are cut into the
 * shortest groups of neighbouring axes with equal sizes. A group that is contiguous in memory, in logical order, can be
 * merged or split in place.
 */
export function reshapeLayout(from: readonly number[], layout: Layout, to: readonly number[]): Layout | undefined {
  if (from.some((d) => d === 0)) return identity(to.length)
  const groups: { from: number[]; to: number[] }[] = []
  let i = 0
  let j = 0
  while (i < from.length || j < to.length) {
    const group = { from: [] as number[], to: [] as number[] }
    let a = 1
    let b = 1
    do {
      if (j >= to.length || (i < from.length && a <= b)) {
        a *= from[i] as number
        group.from.push(i++)
      } else {
        b *= to[j] as number
        group.to.push(j++)
      }
    } while (a !== b)
    groups.push(group)
  }
  const result: number[] = []
  const placed = new Set<number>()
  const groupOf = new Map(groups.flatMap((g, k) => g.from.map((axis) => [axis, k] as const)))
  const order: number[] = []
  const real = layout.filter((axis) => from[axis] !== 1)
  for (let p = 0; p < real.length; ) {
    const k = groupOf.get(real[p] as number) as number
    const axes = (groups[k] as { from: number[] }).from.filter((axis) => from[axis] !== 1)
    for (const axis of axes) if (real[p++] !== axis) return undefined
    order.push(k)
    placed.add(k)
  }
  for (const k of order) result.push(...(groups[k] as { to: number[] }).to)
  // Groups that have axes of length 1 only can lie anywhere.
  groups.forEach((g, k) => {
    if (!placed.has(k)) result.push(...g.to)
  })
  return sameOrder(to, result, identity(to.length)) ? identity(to.length) : result
}
