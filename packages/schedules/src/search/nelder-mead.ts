type Point = readonly number[]
interface Vertex {
  readonly point: Point
  readonly value: number
}

/** Options of {@link nelderMead}. */
interface NelderMeadOptions {
  /** The number of evaluations, at most. */
  readonly evaluations: number
  /** Ends when no vertex is farther than this from the best in any coordinate. */
  readonly tolerance: number
}

/**
 * Minimises a function over the unit cube by the simplex method of Nelder and Mead (1965), with the usual coefficients
 * 1, 2, ½, ½. Points beyond a face of the cube are mirrored into it: moving them to the face would flatten the simplex.
 * The simplex starts at the cube's centre, with edges of length ¼.
 */
export async function nelderMead(
  f: (point: Point) => Promise<number>,
  dimensions: number,
  { evaluations, tolerance }: NelderMeadOptions,
): Promise<void> {
  let left = evaluations
  const evaluate = async (point: Point): Promise<Vertex> => {
    // Points beyond the budget count as worse than any other.
    if (left-- <= 0) return { point, value: Infinity }
    return { point, value: await f(point.map(mirrored)) }
  }
  const simplex: Vertex[] = []
  for (let i = 0; i <= dimensions; i++)
    simplex.push(await evaluate(Array.from({ length: dimensions }, (_, j) => (j === i - 1 ? 0.75 : 0.5))))
  while (left > 0) {
    simplex.sort((a, b) => a.value - b.value)
    const [best, worst] = [simplex[0]!, simplex[dimensions]!]
    const spread = Math.max(...simplex.flatMap(({ point }) => point.map((x, j) => Math.abs(x - best.point[j]!))))
    if (spread <= tolerance) return
    const centre = worst.point.map((_, j) => simplex.slice(0, -1).reduce((sum, v) => sum + v.point[j]!, 0) / dimensions)
    /** The point opposite the worst one, at `factor` times its distance from the centre. */
    const beyond = (factor: number) => evaluate(centre.map((c, j) => c + factor * (c - worst.point[j]!)))

    const reflected = await beyond(1)
    if (reflected.value < best.value) {
      const expanded = await beyond(2)
      simplex[dimensions] = expanded.value < reflected.value ? expanded : reflected
    } else if (reflected.value < simplex[dimensions - 1]!.value) {
      simplex[dimensions] = reflected
    } else {
      const contracted = await beyond(reflected.value < worst.value ? 0.5 : -0.5)
      if (contracted.value < Math.min(reflected.value, worst.value)) simplex[dimensions] = contracted
      else
        for (let i = 1; i <= dimensions; i++)
          simplex[i] = await evaluate(simplex[i]!.point.map((x, j) => (x + best.point[j]!) / 2))
    }
  }
}

/** The point of [0, 1] whose mirror image is x. */
function mirrored(x: number): number {
  const folded = Math.abs(x) % 2
  return folded > 1 ? 2 - folded : folded
}
