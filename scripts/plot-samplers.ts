// Draws docs/images/samplers.svg: npx tsx --conditions=@cascade-diffusion/source scripts/plot-samplers.ts
import { writeFileSync } from 'node:fs'
import { flowError, pathError } from '../packages/diffusion/src/convergence-fixture.ts'
import { ancestral, ddim, dpmSolver, heun, type Sampler, unipc } from '../packages/diffusion/src/index.ts'
import { type Series, svgLineChart } from '../packages/reports/src/index.ts'

type ErrorOf = (sampler: Sampler, steps: number) => Promise<number>

const flows: [name: string, Sampler][] = [
  ['DDIM', ddim()],
  ['Heun', heun()],
  ['DPM-Solver++(2M)', dpmSolver()],
  ['UniPC-2', unipc()],
  ['UniPC-3', unipc({ order: 3 })],
]
const paths: [name: string, Sampler][] = [
  ['ancestral', ancestral()],
  ['SDE-DPM-Solver++', dpmSolver({ eta: 1 })],
]

/** The errors of a sampler, and the order that the line through the last of them has. */
async function curve(name: string, sampler: Sampler, errorOf: ErrorOf, steps: readonly number[]) {
  const errors: number[] = []
  for (const n of steps) errors.push(await errorOf(sampler, n))
  const [first, last] = [errors.length - 3, errors.length - 1]
  const order = Math.log(errors[first]! / errors[last]!) / Math.log(steps[last]! / steps[first]!)
  console.log(`${name}: ${errors.map((e) => e.toExponential(1)).join(', ')}; order ${order.toFixed(2)}`)
  const points = errors.map((error, i) => [Math.log2(steps[i]!), Math.log10(error)] as const)
  return { name: `${name}: ${order.toFixed(1)}`, points }
}

const series: Series[] = []
for (const [name, sampler] of flows) series.push(await curve(name, sampler, flowError, [8, 16, 32, 64, 128]))
for (const [name, sampler] of paths)
  series.push({ ...(await curve(name, sampler, pathError, [8, 16, 32, 64, 128])), dashed: true })

writeFileSync(
  new URL('../docs/images/samplers.svg', import.meta.url),
  svgLineChart({
    title: 'Error on a Gaussian mixture, and its order',
    xLabel: 'log2 of the number of steps',
    yLabel: 'log10 of the error',
    xTicks: [3, 4, 5, 6, 7],
    yTicks: [-6, -5, -4, -3, -2, -1, 0],
    size: [820, 460],
    standalone: true,
    series,
  }),
)
