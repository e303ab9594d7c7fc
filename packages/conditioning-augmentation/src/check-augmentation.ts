import { type Compile, int32, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkInteger, shown } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { engine, getBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from './augmentation.ts'

/**
 * Gives an augmentation back whose members are all there and of their types, and whose levels are such: for augmentations of one's
 * own, when a stage is made of them. What `apply` does is for {@link tryAugmentation}.
 * @throws on what is missing or wrong, by name.
 */
export function checkAugmentation(augmentation: ConditioningAugmentation): ConditioningAugmentation {
  if (typeof augmentation !== 'object' || augmentation === null)
    throw new CascadeError(
      'input',
      `augmentation: expected a record of name, maxLevel, embedsLevel, sampleLevels, apply, got ${shown(augmentation)}`,
    )
  const { name, maxLevel, embedsLevel, apply } = augmentation
  if (typeof name !== 'string' || name === '')
    throw new CascadeError('input', `augmentation: expected a name, got ${shown(name)}`)
  const where = `augmentation '${name}'`
  checkInteger(where, 'maxLevel', maxLevel, { from: 0 })
  if (typeof embedsLevel !== 'boolean')
    throw new CascadeError('input', `${where}: expected embedsLevel, true or false, got ${shown(embedsLevel)}`)
  checkFunction(where, 'sampleLevels', augmentation.sampleLevels, '(n, rng) => int32 [n]')
  checkFunction(where, 'apply', apply, '(z, level, noise) => z, corrupted')
  const n = 64
  const levels = augmentation.sampleLevels(n, rng(0).fold('augmentation'))
  if (levels?.dtype !== 'int32' || String(levels.shape) !== `${n}` || !(levels.data instanceof Int32Array))
    throw new CascadeError(
      'input',
      `${where}: expected sampleLevels(${n}, rng) to give int32 [${n}], got ` +
        (Array.isArray(levels?.shape) ? `${levels.dtype} [${levels.shape}]` : shown(levels)),
    )
  const wrong = levels.data.find((level) => level < 0 || level > maxLevel)
  if (wrong !== undefined)
    throw new CascadeError('input', `${where}: expected levels from 0 to maxLevel ${maxLevel}, got ${wrong}`)
  return augmentation
}

/**
 * Applies an augmentation to three images of noise: at no level, at the first and at the last. Without `compile` it does so at once,
 * if there is a backend of tfjs that computes at once, and else not at all.
 * @param shape [height, width, channels] of the small images.
 * @throws if `apply` does not work, or what it gives is not such images, not finite, or at level 0 not the images themselves.
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
  const given = [z, int32([0, Math.min(1, augmentation.maxLevel), augmentation.maxLevel]), key.normal(z.shape)] as const
  const apply = (...tensors: Parameters<ConditioningAugmentation['apply']>) => augmentation.apply(...tensors)
  const failed = (cause: Error): never => {
    throw new CascadeError(
      'input',
      `${where}: apply(z, level, noise) failed on images [${z.shape}]: ${cause.message}`,
      { cause },
    )
  }
  if (compile) {
    const compiled = compile(apply)
    return compiled(...given)
      .catch(failed)
      .finally(() => compiled.dispose())
      .then((made) => checkApplied(where, z, made))
  }
  if (!computesAtOnce()) return
  tidy(() => {
    const tensors = given.map(({ data, shape, dtype }) => tensor(data, [...shape], dtype))
    let made: Tensor | undefined
    try {
      made = apply(...(tensors as unknown as Parameters<ConditioningAugmentation['apply']>))
    } catch (cause) {
      failed(cause as Error)
    }
    checkApplied(where, z, made && { dtype: made.dtype, shape: made.shape, data: () => made.dataSync() })
  })
}

/** Whether tfjs has a backend now, other than that of a tracer, whose values can be read without waiting. */
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

/** What `apply` gave: an array, or a tensor that is not read yet. */
interface Made {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: ArrayLike<number> | (() => ArrayLike<number>)
}

function checkApplied(where: string, z: NDArray<'float32'>, made: Made | undefined): void {
  if (made?.dtype !== 'float32' || String(made.shape) !== String(z.shape))
    throw new CascadeError(
      'input',
      `${where}: expected apply to give float32 [${z.shape}], like the images that it is given, got ` +
        (made?.shape ? `${made.dtype} [${made.shape}]` : shown(made)),
    )
  const data = typeof made.data === 'function' ? made.data() : made.data
  const bad = Array.from(data).findIndex((x) => !Number.isFinite(x))
  if (bad >= 0)
    throw new CascadeError('input', `${where}: expected apply to give finite values, got ${data[bad]} at ${bad}`)
  const size = sizeOf(z.shape.slice(1))
  for (let i = 0; i < size; i++)
    if (Math.abs(data[i]! - z.data[i]!) > 1e-5)
      throw new CascadeError(
        'input',
        `${where}: expected apply to give the images themselves at level 0, got ${data[i]} for ${z.data[i]}`,
      )
}
