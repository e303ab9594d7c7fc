import { type ArraysOf, type Compile, flatten, isNDArray, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { engine, getBackend, type Tensor, type Tensor4D, tensor, tidy } from '@tensorflow/tfjs-core'
import type { AugmentationDraw, ConditioningAugmentation } from '../augmentation.ts'
import { endLevels } from './check-levels.ts'

/** What is drawn, by name. */
type Drawn = ArraysOf<AugmentationDraw>

const wrong = (message: string, options?: ErrorOptions) => new CascadeError('input', message, options)

/**
 * Applies an augmentation to three images of noise, with its draws for the least level, for the greatest, and for
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
  const levels = [...endLevels(augmentation), undefined]
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
