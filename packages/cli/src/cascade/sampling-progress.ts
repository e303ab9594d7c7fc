import type { CascadeSampleOptions, CascadeStage } from '@cascade-diffusion/cascade'
import { type ProgressLine, type ProgressStream, progressLine } from '../progress/progress-line.ts'

/** Shows the progress of sampling in one line. */
export interface SamplingProgress extends Required<Pick<CascadeSampleOptions, 'progress' | 'stepProgress'>> {
  /** Ends the line, also when stopped early. */
  readonly end: () => void
}

/**
 * What is shown is the part of the pixels that are made, in tenths of images.
 * @param stages those that are sampled.
 */
export function samplingProgress(
  stages: readonly CascadeStage[],
  stream: ProgressStream,
  batchSize: number,
): SamplingProgress {
  const pixels = new Map(stages.map(({ stage }) => [stage.name, stage.size[0] * stage.size[1]]))
  let line: ProgressLine | undefined
  let batch: { readonly from: number; readonly seen: Map<string, number> } | undefined
  const show = (stage: string, share: number, from: number, count: number) => {
    line ??= progressLine({ label: 'sampling', total: count, start: from, unit: 'image', stream })
    if (batch?.from !== from) batch = { from, seen: new Map() }
    batch.seen.set(stage, share)
    const all = [...pixels.values()].reduce((sum, n) => sum + n, 0)
    const done = [...batch.seen].reduce((sum, [name, part]) => sum + part * (pixels.get(name) ?? 0), 0) / all
    line.update(Math.floor(10 * (from + done * Math.min(batchSize, count - from))) / 10)
  }
  return {
    stepProgress: ({ stage, step, steps, done, count }) => show(stage, step / steps, done, count),
    // A stage without steps, such as a resampler, is done at once.
    progress: ({ stage, done, count }) => {
      const from = batch?.from ?? 0
      if (done > from) show(stage, 1, from, count)
      if (stage === stages.at(-1)?.stage.name) line?.update(done)
    },
    end() {
      line?.end()
      line = undefined
    },
  }
}
