// Draws docs/images/schedules.svg: npx tsx --conditions=@cascade-diffusion/source scripts/plot-schedules.ts
import { writeFileSync } from 'node:fs'
import { svgLineChart } from '../packages/reports/src/index.ts'
import {
  type ContinuousSchedule,
  continuousCosine,
  continuousKarras,
  continuousLinear,
  continuousLogLinear,
  continuousSigmoid,
  scaledLinearSchedule,
  shiftToResolution,
  toContinuous,
  zeroTerminalSnr,
} from '../packages/schedules/src/index.ts'

const schedules: [name: string, schedule: ContinuousSchedule, dashed?: boolean][] = [
  ['linear β', continuousLinear()],
  ['cosine', continuousCosine()],
  ['sigmoid', continuousSigmoid()],
  ['scaled-linear β', toContinuous(scaledLinearSchedule(1000))],
  ['log-linear, 13.3 to -5', continuousLogLinear()],
  ['Karras, σ 0.002 to 80', continuousKarras()],
  ['cosine, shifted 64 → 256', shiftToResolution(continuousCosine(), { from: 64, to: 256 }), true],
  ['scaled-linear, zero end', toContinuous(zeroTerminalSnr(scaledLinearSchedule(1000))), true],
]
// Closer together at the ends, where some run to infinity.
const times = Array.from({ length: 201 }, (_, i) => (1 - Math.cos((Math.PI * i) / 200)) / 2)

writeFileSync(
  new URL('../docs/images/schedules.svg', import.meta.url),
  svgLineChart({
    title: 'log-SNR over time',
    xLabel: 't',
    yLabel: 'λ = ln(alpha² / sigma²)',
    xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1],
    yTicks: [-15, -10, -5, 0, 5, 10, 15],
    size: [820, 460],
    standalone: true,
    series: schedules.map(([name, schedule, dashed]) => ({
      name,
      points: times.map((t) => [t, schedule.logSnr(t)] as const),
      dashed,
    })),
  }),
)
