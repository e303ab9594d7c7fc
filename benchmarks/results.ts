import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { works } from './models.ts'
import type { WorkRecord } from './network.ts'
import { type Cores, type Turn, timesOf } from './turns.ts'

/** One comparison: median milliseconds of ours and of each peer; `ratio` is fastest peer / ours, above 1 if ours is faster. */
export interface Comparison {
  work: string
  /** Where the cores were in the turns that count; absent if neither place was frequent enough and all turns count. */
  cores?: Cores
  oursMs: number
  peers: Record<string, number>
  ratio: number
}

/** The middle value, or the mean of the two middle values. @throws if there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('median: expected at least one value')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))

/** The fewest turns of a contender for a median. */
const fewestTurns = 3

/**
 * Compares the medians of measured milliseconds, separately for turns with the cores together and apart, which matters
 * to some more than to others.
 */
export function compare(work: string, { ours, ...peers }: Readonly<Record<string, readonly Turn[]>>): Comparison[] {
  const medians = (which?: Cores): Comparison | undefined => {
    const counted = (turns: readonly Turn[] = []) => turns.filter(({ cores }) => which === undefined || cores === which)
    if (which && [ours, ...Object.values(peers)].some((turns) => counted(turns).length < fewestTurns)) return undefined
    const oursMs = median(timesOf(counted(ours)))
    const others = Object.entries(peers).map(([name, turns]) => [name, median(timesOf(counted(turns)))] as const)
    const fastest = Math.min(...others.map(([, ms]) => ms))
    return {
      work,
      ...(which && { cores: which }),
      oursMs: round(oursMs, 2),
      peers: Object.fromEntries(others.map(([name, ms]) => [name, round(ms, 2)])),
      ratio: round(fastest / oursMs, 3),
    }
  }
  const placed = (['together', 'apart'] as const).flatMap((which) => medians(which) ?? [])
  return placed.length > 0 ? placed : [medians()!]
}

/** Lines of cells; the first has the names of columns. */
export type Rows = readonly (readonly string[])[]

/** A line for each workload, a column for each contender, and the ratio. */
export function comparisonRows(comparisons: readonly Comparison[]): Rows {
  const peers = [...new Set(comparisons.flatMap(({ peers }) => Object.keys(peers)))]
  const ms = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(1)} ms`)
  return [
    ['work', 'ours', ...peers, 'fastest peer / ours'],
    ...comparisons.map(({ work, cores, oursMs, peers: times, ratio }) => [
      cores === 'apart' ? `${work}, cores apart` : work,
      ms(oursMs),
      ...peers.map((name) => ms(times[name])),
      `${ratio.toFixed(2)}×`,
    ]),
  ]
}

/** Our rates beside those of matrix products, in GFLOP/s. */
export const rateRows = (records: readonly WorkRecord[]): Rows => [
  ['work', 'GFLOP', 'ours, GFLOP/s', 'matrix product, ONNX Runtime', 'PyTorch'],
  ...records.map(({ work, gflop, effectiveRate, matrixRate }) => [
    work,
    gflop.toFixed(1),
    ...[effectiveRate, matrixRate.onnxruntime, matrixRate.torch].map((x) => x.toFixed(0)),
  ]),
]

/** Rows for reading: the first column to the left, the others to the right. */
export function columns(rows: Rows): string {
  const widths = widthsOf(rows)
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  return rows.map((line) => line.map(pad).join('  ')).join('\n')
}

/** Rows as a table in Markdown. */
export function markdown(rows: Rows): string {
  const widths = widthsOf(rows)
  const line = (cells: readonly string[], pad: (cell: string, i: number) => string) =>
    `| ${cells.map(pad).join(' | ')} |`
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [heads, ...rest] = rows
  return [line(heads!, pad), line(rule, (cell) => cell), ...rest.map((cells) => line(cells, pad))].join('\n')
}

const widthsOf = (rows: Rows): number[] =>
  rows[0]!.map((_, column) => Math.max(3, ...rows.map((line) => line[column]!.length)))

export type Machine = ReturnType<typeof machine>

/** What the figures depend on besides the software. `loadAverage` is that of the minute before. */
export const machine = () => ({
  date: new Date().toISOString(),
  platform: `${platform()} ${arch()}`,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGiB: round(totalmem() / 2 ** 30, 1),
  node: process.version,
  loadAverage: round(loadavg()[0]!, 2),
})

const pathOf = (name: string) => fileURLToPath(new URL(`results/${name}.json`, import.meta.url))

/** The content of `results/<name>.json`; `undefined` if there is none. */
export function readResults<T>(name: string): T | undefined {
  return existsSync(pathOf(name)) ? JSON.parse(readFileSync(pathOf(name), 'utf8')) : undefined
}

/** Writes `results/<name>.json`. Returns its path. */
export function writeResults(name: string, content: unknown): string {
  mkdirSync(dirname(pathOf(name)), { recursive: true })
  writeFileSync(pathOf(name), `${JSON.stringify(content, null, 2)}\n`)
  return pathOf(name)
}

/** Results of some workloads in place of earlier ones of the same name, in the order of the workloads. */
export function byWork<T extends { work: string }>(before: readonly T[] | undefined, after: readonly T[]): T[] {
  const measured = new Set(after.map(({ work }) => work))
  const all = [...(before ?? []).filter(({ work }) => !measured.has(work)), ...after]
  return works.flatMap(({ name }) => all.filter(({ work }) => work === name))
}
