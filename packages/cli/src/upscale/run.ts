import { resolve } from 'node:path'
import { type CascadeStage, cascadeSampler, writeSamples } from '@cascade-diffusion/cascade'
import { shownSize, transformed } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import { classesOf, labelsNamed, listed } from '../cascade/labels.ts'
import { openCascade } from '../cascade/open-cascade.ts'
import { type GivenSampling, withSampling } from '../cascade/sampling-options.ts'
import { samplingProgress } from '../cascade/sampling-progress.ts'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { probably, UsageError } from '../usage-error.ts'
import { fit, sizesOf } from './fit.ts'
import { labelsOfPictures, openPictures, type Pictures } from './pictures.ts'
import { type Taker, takerFor, takers } from './taking-stage.ts'

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
  const cascade = withSampling(await openCascade(values.path), values)
  const all = takers(cascade)
  const pictures = await openPictures(values.images, (all[0] as Taker).stage.stage.imageChannels)
  const { source } = pictures
  const sizes = await sizesOf(source)
  const taker = takerFor(all, values.from, sizes)
  const stages = cascade.stages.slice(taker.index, lastIndex(cascade.stages, taker, values.to) + 1)
  const labels = await labelsFor(stages, values.label, pictures)
  const changed = sizes.filter((size) => String(size) !== String(taker.size)).length
  if (!keepSize && changed > 0) io.say(said(changed, sizes.length, source.count, taker))
  const images = keepSize ? source : transformed(source, fit(taker.size))
  const sampler = cascadeSampler(cascade, { compile: await compileOn(values.backend) })
  const shown = samplingProgress(stages, io.progress, batchSize)
  try {
    const { count, sampled, paths, manifest } = await writeSamples(sampler, {
      path: out,
      images,
      names: isNpz ? undefined : pictures.names,
      labels,
      rng: rng(seed),
      batchSize,
      from: taker.stage.stage.name,
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
        from: taker.stage.stage.name,
        lowSize: taker.size,
        fitted: !keepSize && changed > 0,
      },
      written: [...written, { what: 'what they are', path: manifest }],
    }
  } finally {
    await sampler.dispose()
  }
}

/** What happens to images that a stage does not take as they are. */
function said(changed: number, looked: number, count: number, { stage, size }: Taker): string {
  const which =
    looked < count
      ? `${changed} of ${looked} images looked at`
      : changed === 1 && count === 1
        ? 'the image'
        : `${changed} of ${count} images`
  return `${which} cropped in the middle and resized to ${shownSize(size)}, which '${stage.stage.name}' takes`
}

function lastIndex(stages: readonly CascadeStage[], taker: Taker, to: string | undefined): number {
  if (to === undefined) return stages.length - 1
  const names = stages.map(({ stage }) => stage.name)
  const index = names.indexOf(to)
  if (index >= taker.index) return index
  const possible = names.slice(taker.index)
  throw new UsageError(`--to: expected one of the stages ${possible.join(', ')}, got '${to}'${probably(to, possible)}`)
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
  const needing = stages.find(({ stage }) => stage.classNames && !('labelDropout' in stage && stage.labelDropout > 0))
  if (!needing) return all(-1)
  throw new UsageError(
    `--label: expected the class of the images, since '${needing.stage.name}' is conditioned on one: ${listed(classNames)}`,
  )
}
