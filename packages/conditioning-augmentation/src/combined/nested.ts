import type { ArraysOf } from '@cascade-diffusion/arrays'
import { CascadeError, type Named, type Schema, shown } from '@cascade-diffusion/checks'
import type { AugmentationDraw, ConditioningAugmentation } from '../augmentation.ts'
import { conditionsOnLevel } from '../conditions-on-level.ts'

/** What is drawn, by name. */
type Drawn = ArraysOf<AugmentationDraw>

/** How a configuration holds another: its schema, and how it is made. */
export interface Nested<C extends Named> {
  readonly schema: Schema<C>
  make(config: C): ConditioningAugmentation
}

/** What a part draws, by names that begin with that of the part: `part.noise`. */
export const under = (part: string | number, drawn: Drawn): Drawn =>
  Object.fromEntries(Object.entries(drawn).map(([name, array]) => [`${part}.${name}`, array]))

/** The inverse of {@link under}: what one part has drawn. */
export function drawnBy(part: string | number, drawn: AugmentationDraw): AugmentationDraw {
  const prefix = `${part}.`
  const own = Object.entries(drawn).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}

/** Checks and returns an augmentation within another. @throws unless it has a name, `draw` and `apply`. */
export function checkPart(where: string, what: string, part: ConditioningAugmentation): ConditioningAugmentation {
  if (typeof part?.name === 'string' && typeof part.draw === 'function' && typeof part.apply === 'function') return part
  throw new CascadeError(
    'input',
    `${where}: expected ${what}, an augmentation such as gaussianBlur(), got ${shown(part)}`,
  )
}

/** Whether the network is conditioned on its level. */
export const embedsLevel = (part: ConditioningAugmentation): boolean => conditionsOnLevel(part, [64, 64, 3])

/** Its `noiseLevel`, as a function by itself. */
export const noiseOf = (part: ConditioningAugmentation): ConditioningAugmentation['noiseLevel'] =>
  part.noiseLevel && ((level) => part.noiseLevel!(level))
