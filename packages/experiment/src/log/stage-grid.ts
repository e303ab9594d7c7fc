import { type Compile, int32, type NDArray, type Params } from '@cascade-diffusion/arrays'
import { type Stage, type StageSampleOptions, stageSampler } from '@cascade-diffusion/cascade'
import { isCascadeError } from '@cascade-diffusion/checks'
import { type ByteImages, fromUint8, imageGrid, readBatch, resizeImage, toUint8 } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import type { TrainSnapshot } from '@cascade-diffusion/training'
import type { ExperimentData } from '../data/load-context.ts'
import type { PlannedBase, PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { briefly } from './briefly.ts'

/** Columns of a grid. Large images take time. */
const columnsOf = ({ size: [height, width] }: Stage): number => (Math.max(height, width) > 64 ? 4 : 8)

/** Evaluations of the network at most, so that a grid takes as long as a few steps of training. */
const STEPS = 16

/** What {@link stageGrid} needs. */
export interface StageGridOptions {
  readonly stage: Stage
  readonly planned: PlannedBase | PlannedSuperResolution
  readonly data: ExperimentData
  readonly seed: number
  readonly compile: Compile
  readonly signal: AbortSignal | undefined
}

/**
 * Samples a stage at some moment of its training: always from the same noise, and a super-resolution stage always from
 * the same real test images. Rows, from the top: of a base, samples of the weights and of their first average; of a
 * super-resolution stage, the small images, those of the weights and of the average, and the real large ones.
 * @returns the grid, a pure function of the weights; undefined if the weights give values that are not finite.
 */
export function stageGrid(options: StageGridOptions): (snapshot: TrainSnapshot) => Promise<ByteImages | undefined> {
  const { stage, planned, seed, compile, signal } = options
  const key = rng(seed).fold('grids').fold(stage.name)
  const count = columnsOf(stage)
  let real: Promise<RealImages | undefined> | undefined
  return async ({ params, averages }) => {
    real ??= realImages(options)
    const given = await real
    const run: StageSampleOptions = {
      count,
      labels: stage.classNames && (given?.label ?? classesInTurn(stage.classNames, count)),
      rng: key,
      lowRes: given?.small,
      level: 'levels' in planned ? planned.levels[0] : undefined,
      signal,
    }
    const sample = async (params: Params<NDArray>) => {
      const sampler = stageSampler({ stage, params }, { ...briefly(stage, planned.sampling, STEPS), compile })
      try {
        return await sampler.sample(run)
      } finally {
        await sampler.dispose()
      }
    }
    try {
      const sampled = [await sample(await params())]
      const [average] = Object.values(await averages())
      if (average) sampled.push(await sample(average))
      const rows = given ? [given.small, ...sampled, given.large] : sampled
      return imageGrid(
        rows.map((images) => [images]),
        { scale: scaleOf(stage) },
      )
    } catch (error) {
      // A network at the start of its training may do this, and training goes on.
      if (isCascadeError(error, 'input') && error.message.includes('finite values')) return undefined
      throw error
    }
  }
}

/** What a super-resolution stage is conditioned on, and what it should come to. */
interface RealImages {
  readonly small: NDArray<'float32'>
  readonly large: NDArray<'float32'>
  readonly label: NDArray<'int32'> | undefined
}

/** Test images from all parts of the set, so that classes differ where it is sorted by them; none of a base. */
async function realImages({ stage, data: { test } }: StageGridOptions): Promise<RealImages | undefined> {
  if (stage.kind !== 'super-resolution') return undefined
  const n = columnsOf(stage)
  const indices = Array.from({ length: n }, (_, i) => Math.floor((i * test.count) / n))
  const { image, label } = await readBatch(test, indices)
  const large = resized(image, stage.size)
  return { large, small: resized(large, stage.lowSize), label }
}

/** Rounded to bytes, as in training. */
const resized = (images: NDArray<'float32'>, size: Stage['size']): NDArray<'float32'> =>
  fromUint8(resizeImage(toUint8(images), size, { filter: 'box' }))

const classesInTurn = (classNames: readonly string[], n: number): NDArray<'int32'> =>
  int32(Array.from({ length: n }, (_, i) => i % classNames.length))

/** Small images are shown larger. */
const scaleOf = ({ size: [height, width] }: Stage): number => Math.max(1, Math.floor(64 / Math.max(height, width)))
