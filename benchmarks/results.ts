import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** One comparison: median milliseconds of ours and of each peer; `ratio` is fastest peer / ours, above 1 if ours is faster. */
export interface Comparison {
  work: string
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

/** Compares the medians of measured milliseconds. */
export function compare(work: string, ours: readonly number[], peers: Record<string, readonly number[]>): Comparison {
  const oursMs = median(ours)
  const medians = Object.entries(peers).map(([name, times]) => [name, median(times)] as const)
  const fastest = Math.min(...medians.map(([, ms]) => ms))
  return {
    work,
    oursMs: round(oursMs, 2),
    peers: Object.fromEntries(medians.map(([name, ms]) => [name, round(ms, 2)])),
    ratio: round(fastest / oursMs, 3),
  }
}

/** A table for people: a line for each work, a column for each contender, and the ratio. */
export function table(comparisons: readonly Comparison[]): string {
  const peers = [...new Set(comparisons.flatMap(({ peers }) => Object.keys(peers)))]
  const ms = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(1)} ms`)
  const lines = [
    ['work', 'ours', ...peers, 'fastest peer / ours'],
    ...comparisons.map(({ work, oursMs, peers: times, ratio }) => [
      work,
      ms(oursMs),
      ...peers.map((name) => ms(times[name])),
      `${ratio.toFixed(2)}×`,
    ]),
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  return lines.map((line) => line.map(pad).join('  ')).join('\n')
}

/** What the figures depend on besides the software compared. `loadAverage` is that of the minute before. */
export const machine = () => ({
  date: new Date().toISOString(),
  platform: `${platform()} ${arch()}`,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGiB: round(totalmem() / 2 ** 30, 1),
  node: process.version,
  loadAverage: round(loadavg()[0]!, 2),
})

/** Writes `results/<name>.json`; gives its path. */
export function writeResults(name: string, content: unknown): string {
  const folder = fileURLToPath(new URL('results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const path = `${folder}${name}.json`
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
  return path
}
