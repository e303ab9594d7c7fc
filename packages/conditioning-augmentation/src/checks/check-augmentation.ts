import { type ArraysOf, isNDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, isCascadeError, shown } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import type { AugmentationDraw, ConditioningAugmentation, DrawOptions } from '../augmentation.ts'
import { checkDrawnLevels, checkLevelRange, endLevels } from './check-levels.ts'

/** What is drawn, by name. */
type Drawn = ArraysOf<AugmentationDraw>

const wrong = (message: string) => new CascadeError('input', message)

/**
 * Checks and returns a custom augmentation, when a stage is made of it: its members, their types, and the contract of
 * `draw`. {@link tryAugmentation} checks `apply`.
 * @param shape [height, width, channels] of the low-resolution images.
 * @throws if a member is missing or wrong; the error names it.
 */
export function checkAugmentation(
  augmentation: ConditioningAugmentation,
  shape: readonly number[],
): ConditioningAugmentation {
  if (typeof augmentation !== 'object' || augmentation === null)
    throw wrong(`augmentation: expected a record of name, maxLevel, draw, apply, got ${shown(augmentation)}`)
  const { name } = augmentation
  if (typeof name !== 'string' || name === '') throw wrong(`augmentation: expected a name, got ${shown(name)}`)
  const where = `augmentation '${name}'`
  checkLevelRange(where, augmentation)
  checkFunction(where, 'draw', augmentation.draw, '({ shape, rng, level, firstIndex }) => what apply needs')
  checkFunction(where, 'apply', augmentation.apply, '(z, drawn) => z, corrupted')
  const drawing = (n: number, firstIndex: number, level?: number): Drawn =>
    checkDrawn(where, n, drawnBy(where, augmentation, { shape: [n, ...shape], rng: rng(0), level, firstIndex }))
  checkPlaces(where, drawing(8, 0), drawing(5, 3))
  for (const s of endLevels(augmentation)) checkPlaces(where, drawing(4, 0, s), drawing(1, 3, s))
  checkDrawnLevels(
    where,
    augmentation,
    drawing(64, 0).level,
    endLevels(augmentation).map((s) => drawing(4, 0, s).level),
  )
  return augmentation
}

/** @throws with the name of the augmentation, and with the error of `draw` as its cause. */
function drawnBy(where: string, augmentation: ConditioningAugmentation, options: DrawOptions): Drawn {
  try {
    return augmentation.draw(options)
  } catch (cause) {
    if (isCascadeError(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : shown(cause)
    throw new CascadeError('input', `${where}: draw failed for images [${options.shape}]: ${reason}`, { cause })
  }
}

/** @throws unless it is a record of arrays of n rows each. */
function checkDrawn(where: string, n: number, drawn: Drawn): Drawn {
  if (typeof drawn !== 'object' || drawn === null || Array.isArray(drawn) || drawn instanceof Promise)
    throw wrong(`${where}: expected draw to give a record of arrays, got ${shown(drawn)}`)
  for (const [key, array] of Object.entries(drawn))
    if (array !== undefined && !(isNDArray(array) && array.shape[0] === n))
      throw wrong(
        `${where}: expected draw to give ${key}, an array of ${n} rows, one for each image, got ` +
          (isNDArray(array) ? `[${array.shape}]` : `${shown(array)}; int32 and float32 of arrays make one`),
      )
  const { level } = drawn
  if (level && level.shape.length !== 1)
    throw wrong(`${where}: expected draw to give level, int32 or float32 [${n}], got ${level.dtype} [${level.shape}]`)
  return drawn
}

/** @throws unless the draw of the last images is the end of the draw of all images. */
function checkPlaces(where: string, all: Drawn, last: Drawn): void {
  for (const [key, array] of Object.entries(last)) {
    if (!array) continue
    const whole = all[key]
    const count = whole?.shape[0] ?? 0
    const same = whole && String(rows(whole, count - (array.shape[0] as number), count).data) === String(array.data)
    if (!same)
      throw wrong(
        `${where}: expected what draw gives an image to depend on the key and the image's place in the whole set only, ` +
          `got another ${key} where firstIndex is another`,
      )
  }
}
