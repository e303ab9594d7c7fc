import { resolve } from 'node:path'
import {
  type CascadeStage,
  cascadeSampler,
  fitImage,
  needsClass,
  type TakingStage,
  takingStage,
  takingStages,
  withSampling,
  writeSamples,
} from '@cascade-diffusion/cascade'
import { type ImageSize, type ImageTransform, shownSize, transformed } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import { classesOf, labelsNamed, listed } from '../cascade/labels.ts'
import { openCascade } from '../cascade/open-cascade.ts'
import { type GivenSampling, levelsOf, samplingChanges } from '../cascade/sampling-options.ts'
import { samplingProgress } from '../cascade/sampling-progress.ts'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { stageNamed, UsageError } from '../usage-error.ts'
import { labelsOfPictures, openPictures, type Pictures } from './pictures.ts'
import { sizesOf } from './sizes-of.ts'

interface Values extends GivenSampling {
  readonly path: string
  readonly images: readonly string[]
  readonly out: string
  readonly label: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly allStages: boolean
  readonly keepSize: boolean
  readonly seed: number
  readonly batchSize: number
  readonly backend: CompileName
}

/** Runs the command `upscale`. */
export async function run(values: Values, io: CommandIo): Promise<CommandResult> {
  const { seed, batchSize, keepSize } = values
  const out = resolve(values.out)
  const isNpz = out.endsWith('.npz')
  await checkFolder(isNpz ? resolve(out, '..') : out)
  const saved = await openCascade(values.path)
  const cascade = withSampling(saved, samplingChanges(values))
  const levels = levelsOf(cascade, values.level)
  const taking = takingStages('upscale', cascade)
  const names = taking.map(({ name }) => name)
  if (values.from !== undefined) stageNamed('from', values.from, names, 'the stages that take images,')
  const pictures = await openPictures(values.images, (taking[0] as TakingStage).imageChannels)
  const { source } = pictures
  const sizes = await sizesOf(source)
  const taker = takingStage('upscale', taking, sizes, values.from)
  const { name: from, size: lowSize } = taker
  const stages = cascade.stages.slice(taker.index)
  if (values.to !== undefined)
    stages.length =
      1 +
      stageNamed(
        'to',
        values.to,
        stages.map(({ stage }) => stage.name),
      )
  const labels = await labelsFor(stages, values.label, pictures)
  const size = keepSize ? undefined : lowSize
  const changed = sizes.filter((each) => size && String(each) !== String(size)).length
  if (size && changed > 0) io.say(said(changed, sizes.length, source.count, from, size))
  const images = size ? transformed(source, fitted(size)) : source
  const sampler = cascadeSampler(cascade, { compile: await compileOn(values.backend) })
  const shown = samplingProgress(stages, io.progress, batchSize)
  try {
    const { count, sampled, paths, manifest } = await writeSamples(sampler, {
      path: out,
      images,
      names: isNpz ? undefined : pictures.names,
      labels,
      rng: rng(seed),
      levels,
      batchSize,
      from,
      to: values.to,
      stages: values.allStages ? 'all' : 'last',
      progress: shown.progress,
      stepProgress: shown.stepProgress,
      signal: io.signal,
    }).finally(shown.end)
    const written = Object.entries(paths).map(([stage, path]) => ({ what: `images of ${stage}`, path }))
    return {
      lines: sampled < count ? [`${count - sampled} of ${count} images were there already`] : [],
      json: {
        count,
        sampled,
        seed,
        from,
        lowSize,
        fitted: changed > 0,
      },
      written: [...written, { what: 'what they are', path: manifest }],
    }
  } finally {
    await sampler.dispose()
  }
}

/** Crops and resizes images. */
const fitted = (size: ImageSize): ImageTransform => ({
  name: 'fit',
  size: () => size,
  apply: (image) => fitImage(image, size),
})

/** What happens to images that a stage does not take as they are. */
function said(changed: number, looked: number, count: number, stage: string, size: ImageSize): string {
  const which =
    looked < count
      ? `${changed} of ${looked} images looked at`
      : changed === 1 && count === 1
        ? 'the image'
        : `${changed} of ${count} images`
  return `${which} cropped in the middle and resized to ${shownSize(size)}, which '${stage}' takes`
}

/**
 * The class of each image: the one that is given; else that of the images; else none, if the stages were trained without
 * classes too.
 */
async function labelsFor(
  stages: readonly CascadeStage[],
  label: string | undefined,
  { source }: Pictures,
): Promise<Int32Array | undefined> {
  const classNames = classesOf({ stages })
  const all = (index: number) => new Int32Array(source.count).fill(index)
  if (label !== undefined) return all(labelsNamed([label], classNames)[0] as number)
  if (classNames === undefined) return undefined
  const own = await labelsOfPictures(source, classNames)
  if (own) return own
  const needing = stages.find(({ stage }) => needsClass(stage))
  if (!needing) return all(-1)
  throw new UsageError(
    `--label: expected the class of the images, since '${needing.stage.name}' is conditioned on one: ${listed(classNames)}`,
  )
}
