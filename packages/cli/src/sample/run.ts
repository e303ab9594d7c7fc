import { resolve } from 'node:path'
import { type Cascade, type CascadeStage, cascadeSampler, withSampling, writeSamples } from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'
import { checkGrid, writeGrid } from '../cascade/grid.ts'
import { classesOf, inTurn, labelsNamed } from '../cascade/labels.ts'
import { openCascade } from '../cascade/open-cascade.ts'
import { type GivenSampling, levelsOf, samplingChanges } from '../cascade/sampling-options.ts'
import { samplingProgress } from '../cascade/sampling-progress.ts'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { stageNamed } from '../usage-error.ts'

interface Values extends GivenSampling {
  readonly path: string
  readonly out: string
  readonly count: number
  readonly label: readonly string[]
  readonly grid: string | undefined
  readonly allStages: boolean
  readonly to: string | undefined
  readonly seed: number
  readonly batchSize: number
  readonly backend: CompileName
}

/** Runs the command `sample`. */
export async function run(values: Values, io: CommandIo): Promise<CommandResult> {
  const { count, seed, batchSize, grid, to } = values
  const out = resolve(values.out)
  checkGrid(grid, count)
  await checkFolder(out.endsWith('.npz') ? resolve(out, '..') : out)
  const saved = await openCascade(values.path)
  const cascade = withSampling(saved, samplingChanges(values))
  const levels = levelsOf(cascade, values.level)
  const classNames = classesOf(cascade)
  const labels = labelsNamed(values.label, classNames)
  const stages = sampledStages(cascade, to)
  const sampler = cascadeSampler(cascade, { compile: await compileOn(values.backend) })
  const shown = samplingProgress(stages, io.progress, batchSize)
  try {
    const { paths, sampled, manifest } = await writeSamples(sampler, {
      path: out,
      count,
      labels: labels.length > 0 ? inTurn(labels, count) : classNames && 'balanced',
      levels,
      rng: rng(seed),
      batchSize,
      to,
      stages: values.allStages ? 'all' : 'last',
      progress: shown.progress,
      stepProgress: shown.stepProgress,
      signal: io.signal,
    }).finally(shown.end)
    const written = Object.entries(paths).map(([stage, path]) => ({ what: `images of ${stage}`, path }))
    const last = written.at(-1)!.path
    const inRow = labels.length > 0 ? labels.length : classNames?.length
    const { size, imageChannels: channels } = (stages.at(-1) as CascadeStage).stage
    if (grid !== undefined) {
      const columns = inRow !== undefined && inRow > 1 && inRow <= count ? inRow : undefined
      await writeGrid(grid, { samples: last, count, channels, columns })
      written.push({ what: 'all in one picture', path: resolve(grid) })
    }
    return {
      lines: sampled < count ? [`${count - sampled} of ${count} images were there already`] : [],
      json: { count, sampled, seed, size, labels: labels.map((label) => classNames?.[label]) },
      written: [...written, { what: 'what they are', path: manifest }],
    }
  } finally {
    await sampler.dispose()
  }
}

/** The stages up to the last to sample. @throws UsageError if there is no stage of that name. */
function sampledStages({ stages }: Cascade, to: string | undefined): Cascade['stages'] {
  if (to === undefined) return stages
  const names = stages.map(({ stage }) => stage.name)
  return stages.slice(0, stageNamed('to', to, names) + 1)
}
