import { join } from 'node:path'
import { writeAtomically } from '@cascade-diffusion/files'
import { metricsOf, type Outcome } from './outcome.ts'
import { reportOf } from './report.ts'

/** Writes the pictures, `metrics.json` and `report.html` to a folder. @returns the path of the report. */
export async function writeOutcome(out: string, outcome: Outcome): Promise<string> {
  for (const [name, png] of Object.entries(outcome.pictures)) await writeAtomically(join(out, `${name}.png`), png)
  await writeAtomically(join(out, 'metrics.json'), `${JSON.stringify(metricsOf(outcome), null, 2)}\n`)
  const report = join(out, 'report.html')
  await writeAtomically(report, reportOf(outcome))
  return report
}
