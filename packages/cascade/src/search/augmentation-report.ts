import { formatNumber, type LineChartOptions, type Series, svgColumn } from '@cascade-diffusion/reports'
import type { SearchResult } from '@cascade-diffusion/schedules'
import type { AugmentationCandidate } from './augmentation-plan.ts'
import { objectiveCells, type SearchReport, textTable } from './search-report.ts'

/** The search of one stage. */
export interface StageAugmentationSearch<E = number> extends SearchResult<AugmentationCandidate, E> {
  /** The stage's name. */
  readonly stage: string
}

const ways = ['non-truncated', 'truncated'] as const

/** The objective at each level, truncated and not, as a table and a chart for each stage. */
export function augmentationReport(
  searches: readonly StageAugmentationSearch<unknown>[],
  measure = 'objective',
): SearchReport {
  const tables = searches.map((search) => `${search.stage}: ${measure} by s\n${tableOf(search)}`)
  const charts = searches.flatMap((search) => chartOf(search, measure))
  return { table: tables.join('\n'), chart: charts.length > 0 ? svgColumn(charts) : undefined }
}

type Trials = StageAugmentationSearch<unknown>['trials']

/** The trials of a way. Level 0 belongs to both. */
const trialsOf = (trials: Trials, way: (typeof ways)[number]): Trials =>
  trials
    .filter(({ candidate: { level, truncated } }) => level === 0 || truncated === (way === 'truncated'))
    .toSorted((a, b) => a.candidate.level - b.candidate.level)

/** The ways that were tried: both if the only level is 0. */
const triedWays = (trials: Trials) =>
  ways.filter((way) =>
    trials.some(({ candidate: { level, truncated } }) => level > 0 && truncated === (way === 'truncated')),
  )

function tableOf({ trials, best }: StageAugmentationSearch<unknown>): string {
  const tried = triedWays(trials)
  const columns = tried.length > 0 ? tried : (['non-truncated'] as const)
  const cells = objectiveCells(
    trials.map(({ objective }) => objective),
    trials.indexOf(best),
  )
  const levels = [...new Set(trials.map(({ candidate }) => candidate.level))].sort((a, b) => a - b)
  const rows = levels.map((level) => [
    formatNumber(level),
    ...columns.map((way) => {
      const trial = trialsOf(trials, way).find(({ candidate }) => candidate.level === level)
      return trial ? cells[trials.indexOf(trial)]! : '-  '
    }),
  ])
  return textTable(['s', ...columns.map((way) => `${way}  `)], rows)
}

function chartOf({ stage, trials }: StageAugmentationSearch<unknown>, measure: string): LineChartOptions[] {
  if (!trials.some(({ objective }) => Number.isFinite(objective))) return []
  const tried = triedWays(trials)
  const series = (tried.length > 0 ? tried : (['non-truncated'] as const)).map(
    (way): Series => ({
      name: way,
      markers: true,
      points: trialsOf(trials, way).map(({ candidate, objective }) => [candidate.level, objective]),
    }),
  )
  return [{ title: `${stage}: ${measure} by s`, xLabel: 's', yLabel: measure, series }]
}
