import { type ArraysOf, type Compile, flatten, isNDArray, type NDArray, rows, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkInteger, shown } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { engine, getBackend, type Tensor, type Tensor4D, tensor, tidy } from '@tensorflow/tfjs-core'
import type { AugmentationDraw, ConditioningAugmentation } from './augmentation.ts'

/** What is drawn, by name. */
type Drawn = ArraysOf<AugmentationDraw>

const wrong = (message: string, options?: ErrorOptions) => new CascadeError('input', message, options)

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
  const { name, maxLevel } = augmentation
  if (typeof name !== 'string' || name === '') throw wrong(`augmentation: expected a name, got ${shown(name)}`)
  const where = `augmentation '${name}'`
  checkInteger(where, 'maxLevel', maxLevel, { from: 0 })
  checkFunction(where, 'draw', augmentation.draw, '({ shape, rng, level, firstIndex }) => what apply needs')
  checkFunction(where, 'apply', augmentation.apply, '(z, drawn) => z, corrupted')
  const key = rng(0)
  const random = (n: number, firstIndex: number) =>
    checkDrawn(where, n, augmentation.draw({ shape: [n, ...shape], rng: key, firstIndex }))
  checkPlaces(where, random(8, 0), random(5, 3))
  const { level } = random(64, 0)
  if (level) checkLevels(where, level, maxLevel)
  for (const s of new Set([0, maxLevel])) {
    const at = (n: number, firstIndex: number) =>
      checkDrawn(where, n, augmentation.draw({ shape: [n, ...shape], rng: key, level: s, firstIndex }))
    checkPlaces(where, at(4, 0), at(1, 3))
    const given = at(4, 0).level
    if ((given === undefined) !== (level === undefined))
      throw wrong(`${where}: expected draw to give a level in training and at a given level, or never, got one of them`)
    if (given && !given.data.every((x) => x === s))
      throw wrong(`${where}: expected draw to give the level ${s} that it is given, got ${given.data.join(', ')}`)
  }
  return augmentation
}

/** @throws unless it is a record of arrays of n rows each. */
function checkDrawn(where: string, n: number, drawn: Drawn): Drawn {
  if (typeof drawn !== 'object' || drawn === null || Array.isArray(drawn) || drawn instanceof Promise)
    throw wrong(`${where}: expected draw to give a record of arrays, got ${shown(drawn)}`)
  for (const [key, array] of Object.entries(drawn))
    if (array !== undefined && !(isNDArray(array) && array.shape[0] === n))
      throw wrong(
        `${where}: expected draw to give ${key}, an array of ${n} rows, one for each image, got ` +
          (isNDArray(array) ? `[${array.shape}]` : shown(array)),
      )
  const { level } = drawn
  if (level && !(level.dtype === 'int32' && level.shape.length === 1))
    throw wrong(`${where}: expected draw to give level, int32 [${n}], got ${level.dtype} [${level.shape}]`)
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

function checkLevels(where: string, { data }: NDArray, maxLevel: number): void {
  const outside = Array.from(data).find((level) => level < 0 || level > maxLevel)
  if (outside !== undefined) throw wrong(`${where}: expected levels from 0 to maxLevel ${maxLevel}, got ${outside}`)
}

/**
 * Applies an augmentation to three images of noise, with its draws for level 0, for the greatest level, and for
 * training. Without `compile` it does so synchronously if a backend of tfjs can, and otherwise does nothing.
 * @param shape [height, width, channels] of the small images.
 * @throws if `apply` fails, or if its result has another shape, is not finite, or differs from the images at level 0.
 */
export function tryAugmentation(augmentation: ConditioningAugmentation, shape: readonly number[]): void
export function tryAugmentation(
  augmentation: ConditioningAugmentation,
  shape: readonly number[],
  compile: Compile,
): Promise<void>
export function tryAugmentation(
  augmentation: ConditioningAugmentation,
  shape: readonly number[],
  compile?: Compile,
): Promise<void> | void {
  const where = `augmentation '${augmentation.name}'`
  const key = rng(0).fold('augmentation')
  const z = key.fold('z').uniform([3, ...shape])
  const levels = [...new Set([0, augmentation.maxLevel]), undefined]
  const draws = levels.map((level) => augmentation.draw({ shape: z.shape, rng: key, level }))
  const apply = (z: Tensor4D, drawn: AugmentationDraw) => augmentation.apply(z, drawn)
  const failed = (cause: Error): never => {
    throw wrong(`${where}: apply(z, drawn) failed on images [${z.shape}]: ${cause.message}`, { cause })
  }
  if (compile) {
    const compiled = compile(apply)
    const tried = async () => {
      for (const [i, drawn] of draws.entries())
        checkApplied(where, z, await compiled(z, drawn as never).catch(failed), levels[i] === 0)
    }
    return tried().finally(() => compiled.dispose())
  }
  if (!computesAtOnce()) return
  for (const [i, drawn] of draws.entries())
    tidy(() => {
      let made: Tensor | undefined
      try {
        made = apply(tensorOf(z) as Tensor4D, tensorsOf(drawn))
      } catch (cause) {
        failed(cause as Error)
      }
      const read = made && { dtype: made.dtype, shape: made.shape, data: () => made.dataSync() }
      checkApplied(where, z, read, levels[i] === 0)
    })
}

const tensorOf = ({ data, shape, dtype }: NDArray): Tensor => tensor(data, [...shape], dtype)

const tensorsOf = (drawn: Drawn): AugmentationDraw => {
  const { leaves, shape } = flatten<NDArray>(drawn, isNDArray)
  return shape.rebuild(leaves.map(tensorOf)) as AugmentationDraw
}

/** Whether tfjs has a backend, other than a tracer's, whose values can be read synchronously. */
function computesAtOnce(): boolean {
  const immediate = ['cpu', 'wasm', 'tensorflow', 'webgl']
  if (
    !engine()
      .backendNames()
      .some((name) => immediate.includes(name))
  )
    return false
  try {
    return immediate.includes(engine().backend ? getBackend() : '')
  } catch {
    return false // none is ready
  }
}

/** The result of `apply`: an array, or a tensor that is not read yet. */
interface Made {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: ArrayLike<number> | (() => ArrayLike<number>)
}

function checkApplied(where: string, z: NDArray<'float32'>, made: Made | undefined, unchanged: boolean): void {
  if (made?.dtype !== 'float32' || String(made.shape) !== String(z.shape))
    throw wrong(
      `${where}: expected apply to give float32 [${z.shape}], like the images that it is given, got ` +
        (made?.shape ? `${made.dtype} [${made.shape}]` : shown(made)),
    )
  const data = typeof made.data === 'function' ? made.data() : made.data
  const bad = Array.from(data).findIndex((x) => !Number.isFinite(x))
  if (bad >= 0) throw wrong(`${where}: expected apply to give finite values, got ${data[bad]} at ${bad}`)
  if (!unchanged) return
  for (let i = 0; i < sizeOf(z.shape); i++)
    if (Math.abs(data[i]! - z.data[i]!) > 1e-5)
      throw wrong(`${where}: expected apply to give the images themselves at level 0, got ${data[i]} for ${z.data[i]}`)
}
