import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkFlag, checkFunction, checkInteger, checkNumber, shown } from '@cascade-diffusion/checks'
import { type ConditioningAugmentation, defaultLevel, type LevelNoise } from '../augmentation.ts'

const wrong = (message: string) => new CascadeError('input', message)

/** The least and the greatest level, which may be the same. */
export const endLevels = (augmentation: ConditioningAugmentation): number[] => [
  ...new Set([defaultLevel(augmentation), augmentation.maxLevel]),
]

/** @throws unless its levels are a range, and their noise is that of a forward process. */
export function checkLevelRange(where: string, augmentation: ConditioningAugmentation): void {
  const { minLevel = 0, maxLevel, continuous = false, noiseLevel } = augmentation
  checkFlag(where, 'continuous', continuous)
  const check = continuous ? checkNumber : checkInteger
  check(where, 'maxLevel', maxLevel, { from: 0 })
  check(where, 'minLevel', minLevel, { from: 0, to: maxLevel })
  if (noiseLevel === undefined) return
  checkFunction(where, 'noiseLevel', noiseLevel, '(level) => { alpha, sigma }')
  for (const s of endLevels(augmentation)) checkNoise(where, s, noiseAt(where, augmentation, s))
}

/** @throws with the name of the augmentation, and with the error of `noiseLevel` as its cause. */
function noiseAt(where: string, augmentation: ConditioningAugmentation, s: number): LevelNoise | undefined {
  try {
    return augmentation.noiseLevel?.(s)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : shown(cause)
    throw new CascadeError('input', `${where}: noiseLevel(${s}) failed: ${reason}`, { cause })
  }
}

/** @throws unless alpha² + sigma² = 1, and level 0 has no noise. */
function checkNoise(where: string, s: number, noise: LevelNoise | undefined): void {
  const alpha = Number(noise?.alpha)
  const sigma = Number(noise?.sigma)
  const preserved = alpha >= 0 && sigma >= 0 && Math.abs(alpha ** 2 + sigma ** 2 - 1) < 1e-6
  if (preserved && (s > 0 || sigma === 0)) return
  throw wrong(
    `${where}: expected noiseLevel(${s}), { alpha, sigma } with alpha² + sigma² = 1${s > 0 ? '' : ' and no noise'}, ` +
      `got ${noise ? `alpha ${shown(noise.alpha)}, sigma ${shown(noise.sigma)}` : shown(noise)}`,
  )
}

/**
 * @param training what the network is conditioned on in training, if it is.
 * @param given what it is conditioned on at each of the {@link endLevels}, given to `draw`.
 * @throws unless all of them, or none, are there, and those of training lie between those of sampling.
 */
export function checkDrawnLevels(
  where: string,
  augmentation: ConditioningAugmentation,
  training: NDArray | undefined,
  given: readonly (NDArray | undefined)[],
): void {
  if (given.some((level) => (level === undefined) !== (training === undefined)))
    throw wrong(`${where}: expected draw to give a level in training and at a given level, or never, got one of them`)
  if (!training) return
  const { minLevel = 0, maxLevel, continuous = false } = augmentation
  if (continuous && training.dtype !== 'float32')
    throw wrong(`${where}: expected draw to give level, float32, since levels are continuous, got ${training.dtype}`)
  const levels = endLevels(augmentation)
  const ends = given.map((level, i) => levelOfAll(where, levels[i]!, level as NDArray, training.dtype))
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const outside = Array.from(training.data).find((level) => !(level >= low && level <= high))
  if (outside === undefined) return
  const range = `levels from ${minLevel > 0 ? `minLevel ${minLevel}` : 0} to maxLevel ${maxLevel}`
  const as = training.dtype === 'int32' ? '' : `, which draw gives as ${ends.join(' and ')}`
  throw wrong(`${where}: expected ${range}${as}, got ${outside}`)
}

/** What the network is conditioned on at a level s. An int32 is s itself; a float32 stands for it. */
function levelOfAll(where: string, s: number, { data, dtype }: NDArray, trained: string): number {
  if (dtype !== trained)
    throw wrong(`${where}: expected draw to give level of one type, ${trained}, as in training, got ${dtype}`)
  const expected = dtype === 'int32' ? s : data[0]!
  if (Number.isFinite(expected) && data.every((x) => x === expected)) return expected
  const what = dtype === 'int32' ? `the level ${s} that it is given` : `one finite level at s = ${s}`
  throw wrong(`${where}: expected draw to give ${what}, got ${data.join(', ')}`)
}
