import { formatNumber } from './format.ts'

/** A scale from data to a fraction of the axis, with the values to mark. */
export interface Axis {
  /** 0 at the least value of the axis, 1 at the greatest. */
  fraction(value: number): number
  ticks: { value: number; label: string }[]
}

export interface AxisOptions {
  /** Logarithmic, for positive values. Default false. */
  log?: boolean
  /** Extends the axis to a tick at either end. Default false: it ends with the data. */
  toTicks?: boolean
  /** The ticks, from one end of the axis to the other. Default: chosen by the data. */
  ticks?: readonly number[]
}

/**
 * An axis for the given values, finite and, if logarithmic, positive.
 * Ticks are at multiples of 1, 2 or 5 times a power of ten, or, on a logarithmic axis, at those numbers themselves.
 */
export function axis(values: readonly number[], { log = false, toTicks = false, ticks }: AxisOptions = {}): Axis {
  let [low, high] = ticks ? [ticks[0]!, ticks.at(-1)!] : spread(values, log)
  const candidates = ticks ?? (log ? logTicks(low, high) : linearTicks(low, high))
  if (toTicks) {
    low = candidates.findLast((t) => t <= low) ?? low
    high = candidates.find((t) => t >= high) ?? high
  }
  const position = log ? Math.log : (x: number) => x
  const fraction = (value: number) => (position(value) - position(low)) / (position(high) - position(low))
  const inside = candidates.filter((t) => t >= low && t <= high)
  return { fraction, ticks: inside.map((value) => ({ value, label: formatNumber(value) })) }
}

/** The least and the greatest value, moved apart if they are nearly equal. */
function spread(values: readonly number[], log: boolean): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  if (high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high))) return [low, high]
  if (log) return [low / 2, high * 2]
  const margin = Math.abs(low) / 2 || 1
  return [low - margin, high + margin]
}

/** About six multiples of a round step, from the last one below `low` to the first one above `high`. */
function linearTicks(low: number, high: number): number[] {
  const least = (0.8 * (high - low)) / 6
  const e = Math.floor(Math.log10(least))
  const steps = [
    { multiple: 1, exponent: e },
    { multiple: 2, exponent: e },
    { multiple: 5, exponent: e },
    { multiple: 1, exponent: e + 1 },
  ]
  const { multiple, exponent } = steps.find((s) => s.multiple * 10 ** s.exponent >= least) ?? steps[3]!
  const step = multiple * 10 ** exponent
  const ticks: number[] = []
  // Parsed from decimal text, so that 3 · 0.1 is 0.3.
  for (let i = Math.floor(low / step); i <= Math.ceil(high / step); i++)
    ticks.push(Number(`${i * multiple}e${exponent}`))
  return ticks
}

function logTicks(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low))
  const to = Math.ceil(Math.log10(high))
  const stride = Math.ceil((to - from) / 8)
  const multiples = to - from <= 3 ? [1, 2, 5] : [1]
  const ticks: number[] = []
  for (let e = from; e < to + stride; e += stride) for (const m of multiples) ticks.push(Number(`${m}e${e}`))
  const inside = ticks.filter((t) => t >= low && t <= high)
  return inside.length >= 2 ? ticks : linearTicks(low, high).filter((t) => t > 0)
}
