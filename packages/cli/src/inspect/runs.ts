import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ModelState, openRun } from '@cascade-diffusion/experiment'
import { counted, type Found, quoted } from './found.ts'
import { bytesIn, jsonAt } from './reading.ts'

/** Losses of the last steps, over which a mean is shown. */
const lastSteps = 100

/** Whether a folder is that of a run: its config.json is a plan. */
export async function isRun(path: string): Promise<boolean> {
  const config = join(path, 'config.json')
  if (!existsSync(config)) return false
  const { stages } = await jsonAt<{ readonly stages?: unknown }>(config)
  return Array.isArray(stages)
}

/** The folder of a run: which models are trained, and to which step. */
export async function inspectRun(path: string): Promise<Found> {
  const { plan, stages, evaluator, cascade, report } = await openRun(path)
  const q = quoted(path)
  const whole = stages.every(({ trained }) => trained)
  return {
    kind: 'run',
    bytes: await bytesIn(path),
    facts: {
      name: plan.name,
      ...Object.fromEntries(
        [...stages, evaluator].map((model) => [model.name, `${sizeOf(plan.stages, model.name)}${progressOf(model)}`]),
      ),
      seed: `${plan.seed}`,
      cascade: cascade ?? 'not yet: all stages must be trained',
      report,
    },
    json: { plan, models: [...stages, evaluator].map(({ losses, ...model }) => model), cascade, report },
    next: whole
      ? [`sample ${q}`, ...(stages.length > 1 ? [`upscale ${q} photo.png`, `search ${q}`] : []), `evaluate ${q}`]
      : [`train --out ${q}`],
  }
}

const sizeOf = (
  stages: readonly { readonly name: string; readonly resolution: number | readonly number[] }[],
  name: string,
): string => {
  const resolution = stages.find((stage) => stage.name === name)?.resolution
  if (resolution === undefined) return ''
  return `${typeof resolution === 'number' ? `${resolution}×${resolution}` : resolution.join('×')}, `
}

function progressOf({ step, steps, losses, trained }: ModelState): string {
  const last = [...losses].filter(Number.isFinite).slice(-lastSteps)
  const loss = last.length > 0 ? `, mean loss of the last ${last.length}: ${meanOf(last).toPrecision(4)}` : ''
  if (step === 0) return `not begun, of ${counted(steps, 'step')}`
  return `${trained ? 'trained, ' : `at step ${step.toLocaleString('en-US')} of `}${counted(steps, 'step')}${loss}`
}

const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length
