import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type ImageSize, shownSize } from '@cascade-diffusion/data'
import type { AnyStage } from '../../cascade/check-chain.ts'
import { checkValues } from '../../kinds/check-values.ts'
import { checkResample } from '../../kinds/resample-stage.ts'

/** An array as errors name it: `float32 [4,8,8,1]`, with the name of its source. */
const shownImages = (images: unknown, source: string | undefined): string =>
  (isNDArray(images) ? `${images.dtype} [${images.shape}]` : images === undefined ? 'none' : shown(images)) +
  (source === undefined ? '' : ` of '${source}'`)

/** The option that gives the images. */
const optionOf = (source: string | undefined): string => (source === undefined ? 'lowRes' : 'images')

/** The size that a stage takes: that of training, or that of the stage below. Undefined: any, or none. */
export const takenSize = (stages: readonly AnyStage[], index: number): ImageSize | undefined => {
  const stage = stages[index] as AnyStage
  return stage.kind === 'super-resolution'
    ? stage.lowSize
    : stage.kind === 'resample'
      ? stages[index - 1]?.size
      : undefined
}

/** Whether a stage takes images. */
export const takesImages = ({ kind }: AnyStage): boolean => kind === 'super-resolution' || kind === 'resample'

/**
 * The first stage that takes images as they are, or else the first whose network can be resized for larger ones.
 * @param source the name of the source that they are of, for errors.
 * @throws if there is none.
 */
export function stageFor(stages: readonly AnyStage[], lowRes: NDArray<'float32'>, source?: string): number {
  const [, height = 0, width = 0, channels] = isNDArray(lowRes) ? lowRes.shape : []
  const takers = [...stages.keys()].filter((i) => takesImages(stages[i] as AnyStage))
  const sameChannels = takers.filter((i) => stages[i]?.imageChannels === channels)
  const exact = sameChannels.find((i) => {
    const size = takenSize(stages, i)
    return !size || (size[0] === height && size[1] === width)
  })
  const larger = sameChannels.find((i) => {
    const size = takenSize(stages, i)
    return size && isResizable(stages[i] as AnyStage) && height >= size[0] && width >= size[1]
  })
  const index = exact ?? larger
  if (index !== undefined) return index
  const shapes = takers.map((i) => `[count,${takenSize(stages, i) ?? 'h,w'},${stages[i]?.imageChannels}]`)
  throw new CascadeError(
    'input',
    `cascade: expected ${source === undefined ? 'lowRes, ' : ''}images that a stage takes, float32 ${shapes.join(' or ') || '(no stage takes any)'}, ` +
      `got ${shownImages(lowRes, source)}`,
  )
}

const isResizable = (stage: AnyStage): boolean => !('network' in stage) || stage.network.resized !== undefined

/**
 * The size of the images that each stage makes, from the first sampled on: those of training; or, for given images that
 * are larger, sizes by the same factors.
 * @param source the name of the source that the images are of, for errors.
 * @throws unless the given images are as many as `count`, fit the first stage, and are finite and in range.
 */
export function sizesFrom(
  stages: readonly AnyStage[],
  [first, last]: readonly [number, number],
  count: number,
  { lowRes, augmented }: { readonly lowRes?: NDArray<'float32'>; readonly augmented?: boolean },
  source?: string,
): readonly ImageSize[] {
  const sampled = stages.slice(first, last + 1)
  const [stage] = sampled as [AnyStage]
  const where = `stage '${stage.name}'`
  if (!takesImages(stage)) {
    if (lowRes === undefined) return sampled.map(({ size }) => size)
    throw new CascadeError(
      'input',
      `${where}: expected no ${optionOf(source)}, since it takes no images, got ${shownImages(lowRes, source)}`,
    )
  }
  const expected = takenSize(stages, first)
  const [n, height = 0, width = 0, channels] = isNDArray(lowRes) ? lowRes.shape : []
  const isLarger = !expected || (height >= expected[0] && width >= expected[1])
  const same = expected && height === expected[0] && width === expected[1]
  const fits =
    isNDArray(lowRes) &&
    lowRes.dtype === 'float32' &&
    lowRes.shape.length === 4 &&
    n === count &&
    channels === stage.imageChannels
  if (!fits || !(same || (isLarger && isResizable(stage))))
    throw new CascadeError(
      'input',
      `${where}: expected ${source === undefined ? 'small images lowRes' : 'images'}, float32 [${[count, expected ?? 'h,w', stage.imageChannels]}]` +
        `${!same && isResizable(stage) && expected ? ' or larger' : ''}, got ${shownImages(lowRes, source)}`,
    )
  checkValues('input', `${where}: ${optionOf(source)}`, lowRes, augmented)
  let size: ImageSize = [height, width]
  return sampled.map((each, i) => {
    size = scaled(each, takenSize(stages, first + i), size)
    return size
  })
}

/** The size that a stage makes of images of another size than its own. */
function scaled(stage: AnyStage, taken: ImageSize | undefined, given: ImageSize): ImageSize {
  const where = `stage '${stage.name}'`
  if (!taken) {
    if (stage.kind === 'resample') checkResample('cascade', stage, given, stage.size)
    return stage.size
  }
  if (String(taken) === String(given)) return stage.size
  const size = [0, 1].map((axis) => ((given[axis] as number) * (stage.size[axis] as number)) / (taken[axis] as number))
  if (!size.every(Number.isInteger))
    throw new CascadeError(
      'input',
      `${where}: expected images that ${shownSize(taken)} → ${shownSize(stage.size)} makes whole pixels of, ` +
        `got ${shownSize(given)}, which would become ${shownSize(size)}`,
    )
  if (!isResizable(stage))
    throw new CascadeError(
      'input',
      `${where}: expected images of ${shownSize(taken)}, since its network has one size, got ${shownSize(given)}`,
    )
  return size as unknown as ImageSize
}
