import { formatDuration } from '@cascade-diffusion/reports'

/** What a line of progress shows. */
export interface ProgressState {
  /** What runs: `base`, `sampling`. */
  label: string
  /** Steps done. */
  step: number
  /** Steps in all. */
  total: number
  /** Steps a second; not known yet if undefined. */
  rate?: number
  loss?: number
  /** The part of the time that is spent waiting for data, from 0 to 1. It is shown from a twentieth on. */
  waiting?: number
  /** What is counted. Default 'step'. */
  unit?: string
  /** The room for the line in characters. Default: no limit. */
  columns?: number
}

/** The width of the bar, and that of a line with a bar, in characters. */
const [barWidth, barredWidth] = [24, 100]

/**
 * One line of progress: `base  1,200/4,000  30 %  12.3 steps/s  loss 0.0412  3 min 48 s left`. In a narrow terminal it
 * has fewer figures, in a wide one a bar.
 */
export function formatProgress(state: ProgressState): string {
  const { label, step, total, rate, loss, waiting = 0, unit = 'step', columns = Number.POSITIVE_INFINITY } = state
  const share = total > 0 ? Math.min(1, step / total) : 1
  const filled = Math.floor(barWidth * share)
  const bar = columns >= barredWidth && Number.isFinite(columns)
  const count = (n: number) => n.toLocaleString('en-US')
  /** The figures, each with its rank: those of the highest ranks go first where there is no room. */
  const parts: [rank: number, text: string][] = [
    [0, label],
    [5, bar ? '█'.repeat(filled) + '░'.repeat(barWidth - filled) : ''],
    [3, `${count(step)}/${count(total)}`],
    [0, `${Math.floor(100 * share)} %`],
    [4, rate === undefined ? '' : formatRate(rate, unit)],
    [2, loss === undefined ? '' : `loss ${loss.toPrecision(4)}`],
    [5, waiting < 0.05 ? '' : `waiting for data ${Math.round(100 * waiting)} %`],
    [1, rate === undefined || step >= total ? '' : `${formatDuration((total - step) / rate)} left`],
  ]
  const upTo = (rank: number) => parts.flatMap(([own, text]) => (text !== '' && own <= rank ? [text] : [])).join('  ')
  const rank = [5, 4, 3, 2, 1, 0].find((rank) => upTo(rank).length <= columns) ?? 0
  return upTo(rank).slice(0, columns)
}

const formatRate = (rate: number, unit: string) =>
  rate > 0.99 || rate === 0 ? `${rate.toFixed(rate < 100 ? 1 : 0)} ${unit}s/s` : `${(1 / rate).toFixed(1)} s/${unit}`

/** Where progress is written: a process's stdout or stderr. */
export interface ProgressStream {
  /** Writes a part of a line, or lines. */
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** Options of {@link progressLine}. */
export interface ProgressLineOptions {
  label: string
  /** Steps in all. */
  total: number
  /** Steps done before, when resuming. Default 0. */
  start?: number
  /** What is counted. Default 'step'. */
  unit?: string
  /** Default the process's stderr. */
  stream?: ProgressStream
  /** Whether one line is rewritten in place; otherwise a plain line appears every 10 seconds. Default: {@link isLive}. */
  live?: boolean
  /** The time in seconds. Default the process's clock. */
  now?: () => number
}

/** What is known of a step. */
export interface StepFigures {
  readonly loss?: number
  /** Seconds that it waited for data. */
  readonly dataSeconds?: number
}

/** A line of progress. */
export interface ProgressLine {
  /** Shows a step; cheap enough for every one. */
  update(step: number, figures?: StepFigures): void
  /** Writes the state as it is and ends the line, also when stopped early. */
  end(): void
}

/** Whether a line can be rewritten there: on a terminal, unless it is one of a CI, or one that cannot. */
export const isLive = (stream: ProgressStream): boolean =>
  stream.isTTY === true && !process.env.CI && process.env.TERM !== 'dumb'

/** Seconds over which the rate is averaged. */
const memory = 8

/** Shows progress with rate, loss and time left: on a terminal in one live line, elsewhere in a plain line every 10 seconds. */
export function progressLine({
  label,
  total,
  start = 0,
  unit,
  stream = process.stderr,
  live = isLive(stream),
  now = () => performance.now() / 1000,
}: ProgressLineOptions): ProgressLine {
  const interval = live ? 0.1 : 10
  const state: ProgressState = { label, step: start, total, unit }
  let measuredAt = now()
  let measuredStep = start
  let weight = 0
  let waited = 0
  let writtenAt = Number.NEGATIVE_INFINITY

  const measure = (time: number) => {
    const elapsed = time - measuredAt
    if (elapsed < 0.05) return
    // An exponential average over time, corrected for its short past at first.
    const keep = Math.exp(-elapsed / memory)
    const averaged = (average = 0, now: number) =>
      (keep * weight * average + (1 - keep) * now) / (keep * weight + 1 - keep)
    state.rate = averaged(state.rate, (state.step - measuredStep) / elapsed)
    state.waiting = averaged(state.waiting, Math.min(1, waited / elapsed))
    weight = keep * weight + 1 - keep
    measuredAt = time
    measuredStep = state.step
    waited = 0
  }
  const write = (time: number) => {
    writtenAt = time
    // A terminal wraps a line that fills it.
    if (live) stream.write(`\r\x1b[2K${formatProgress({ ...state, columns: (stream.columns || 80) - 1 })}`)
    else stream.write(`${formatProgress(state)}\n`)
  }
  return {
    update(step, { loss, dataSeconds = 0 } = {}) {
      state.step = step
      state.loss = loss
      waited += dataSeconds
      const time = now()
      measure(time)
      if (time - writtenAt >= interval) write(time)
    },
    end() {
      write(now())
      if (live) stream.write('\n')
    },
  }
}
