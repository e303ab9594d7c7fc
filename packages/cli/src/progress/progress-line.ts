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
  /** What is counted. Default 'step'. */
  unit?: string
  /** Width of the bar in characters; 0 for none. Default 0. */
  bar?: number
}

/** One line of progress: `base  1,200/4,000  30 %  12.3 steps/s  loss 0.0412  3 min 48 s left`. */
export function formatProgress({ label, step, total, rate, loss, unit = 'step', bar = 0 }: ProgressState): string {
  const share = total > 0 ? Math.min(1, step / total) : 1
  const filled = Math.floor(bar * share)
  const count = (n: number) => n.toLocaleString('en-US')
  const parts = [
    label,
    '█'.repeat(filled) + '░'.repeat(bar - filled),
    `${count(step)}/${count(total)}`,
    `${Math.floor(100 * share)} %`,
    rate === undefined ? '' : formatRate(rate, unit),
    loss === undefined ? '' : `loss ${loss.toPrecision(4)}`,
    rate === undefined || step >= total ? '' : `${formatDuration((total - step) / rate)} left`,
  ]
  return parts.filter((part) => part !== '').join('  ')
}

const formatRate = (rate: number, unit: string) =>
  rate > 0.99 || rate === 0 ? `${rate.toFixed(rate < 100 ? 1 : 0)} ${unit}s/s` : `${(1 / rate).toFixed(1)} s/${unit}`

/** Where progress is written: a process's stdout or stderr. */
export interface ProgressStream {
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
  /** Whether one line is rewritten in place; otherwise a plain line appears every 10 seconds. Default: on a terminal, unless CI is set. */
  live?: boolean
  /** The time in seconds. Default the process's clock. */
  now?: () => number
}

/** A line of progress. */
export interface ProgressLine {
  /** Shows a step; cheap enough for every one. */
  update(step: number, loss?: number): void
  /** Writes the state as it is and ends the line, also when stopped early. */
  end(): void
}

/** Seconds over which the rate is averaged. */
const memory = 8

/** Shows progress with rate, loss and time left: on a terminal in one live line, elsewhere in a plain line every 10 seconds. */
export function progressLine({
  label,
  total,
  start = 0,
  unit,
  stream = process.stderr,
  live = stream.isTTY === true && !process.env.CI,
  now = () => performance.now() / 1000,
}: ProgressLineOptions): ProgressLine {
  const interval = live ? 0.1 : 10
  const state: ProgressState = { label, step: start, total, unit }
  let measuredAt = now()
  let measuredStep = start
  let weight = 0
  let writtenAt = Number.NEGATIVE_INFINITY

  const measure = (time: number) => {
    const elapsed = time - measuredAt
    if (elapsed < 0.05) return
    // An exponential average over time, corrected for its short past at first.
    const keep = Math.exp(-elapsed / memory)
    const sum = keep * weight * (state.rate ?? 0) + (1 - keep) * ((state.step - measuredStep) / elapsed)
    weight = keep * weight + 1 - keep
    state.rate = sum / weight
    measuredAt = time
    measuredStep = state.step
  }
  const write = (time: number) => {
    writtenAt = time
    const columns = stream.columns ?? 80
    if (!live) stream.write(`${formatProgress(state)}\n`)
    else stream.write(`\r\x1b[2K${formatProgress({ ...state, bar: columns >= 100 ? 24 : 0 }).slice(0, columns - 1)}`)
  }
  return {
    update(step, loss) {
      state.step = step
      state.loss = loss
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
