import { isDiscrete } from '@cascade-diffusion/diffusion'
import { formatNumber, type LineChartOptions, type Series, svgLineChart } from '@cascade-diffusion/reports'
import type { SearchResult } from '@cascade-diffusion/schedules'
import { samplingAsJson } from '../cascade/stage-identity.ts'
import { stageRoute } from '../sampling/stage/sampling-process.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import type { Stage } from '../stage/stage.ts'
import { canonical } from './json-value.ts'
import { objectiveCells, type SearchReport, textTable } from './search-report.ts'

/** How one stage is sampled in a trial. */
export interface SamplingCandidate {
  /** The stage's name. */
  readonly stage: string
  /** All of its options: those of the cascade, with those of the candidate in their place. */
  readonly sampling: SamplingChoices
}

/** The objective by the number of steps and whatever else differs, as a table and a chart. */
export function samplingReport(
  stage: Stage,
  { trials, best }: SearchResult<SamplingCandidate, unknown>,
  measure = 'objective',
): SearchReport {
  const samplings = trials.map(({ candidate }) => samplingAsJson(stage, candidate.sampling))
  const steps = trials.map(({ candidate }) => stepsOf(stage, candidate.sampling))
  const others = [...new Set(samplings.flatMap((sampling) => Object.keys(sampling)))].filter(
    (option) =>
      option !== 'steps' &&
      option !== 'plan' &&
      new Set(samplings.map((sampling) => canonical(sampling[option] ?? null))).size > 1,
  )
  const objectives = trials.map(({ objective }) => objective)
  const cells = objectiveCells(objectives, trials.indexOf(best))
  const rows = samplings.map((sampling, i) => [
    formatNumber(steps[i]!),
    ...others.map((option) => inWords(sampling[option])),
    cells[i]!,
  ])
  const title = `${stage.name}: ${measure} by sampling`
  const table = `${title}\n${textTable(['steps', ...others, `${measure}  `], rows)}`
  if (!objectives.some(Number.isFinite)) return { table, chart: undefined }
  const lines = new Set(steps).size > 1 ? bySteps(steps, rows, objectives) : byTrial(objectives)
  return { table, chart: svgLineChart({ title, yLabel: measure, standalone: true, ...lines }) }
}

/** The number of steps. */
function stepsOf(stage: Stage, sampling: SamplingChoices): number {
  const { process, steps } = stageRoute(stage, sampling)
  return steps?.length ?? (isDiscrete(process.schedule) ? process.schedule.betas.length : Number.NaN)
}

type Lines = Pick<LineChartOptions, 'xLabel' | 'logX' | 'series'>

/** A line for each combination of the other options. */
function bySteps(steps: readonly number[], rows: readonly (readonly string[])[], objectives: readonly number[]): Lines {
  const nameOf = (row: readonly string[]) => row.slice(1, -1).join(', ') || 'all'
  const series = [...new Set(rows.map(nameOf))].map((name): Series => {
    const points = rows.flatMap((row, i): [number, number][] =>
      nameOf(row) === name ? [[steps[i]!, objectives[i]!]] : [],
    )
    return { name, markers: true, points: points.sort(([a], [b]) => a - b) }
  })
  return { xLabel: 'steps', logX: true, series }
}

const byTrial = (objectives: readonly number[]): Lines => ({
  xLabel: 'trial',
  series: [{ name: 'trials', markers: true, points: objectives.map((objective, i) => [i + 1, objective]) }],
})

/** A configuration in a few words: `linear, steps 100, betaEnd 0.02`. */
function inWords(value: unknown): string {
  if (value === undefined) return '-'
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  const { name, ...rest } = value as { readonly name?: string; readonly [option: string]: unknown }
  const options = Object.entries(rest).filter(([, option]) => option !== undefined)
  return [...(name === undefined ? [] : [name]), ...options.map(([key, option]) => `${key} ${inWords(option)}`)].join(
    ', ',
  )
}
