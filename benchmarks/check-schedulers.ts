// Every scheduler of diffusers with several settings: its numbers against the process that we read, or the reason of
// our refusal. `--write` keeps some of the numbers as the fixture of packages/pretrained.
import '@tensorflow/tfjs-backend-cpu'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import { fromSchedulerConfig, toSchedulerConfig } from '@cascade-diffusion/pretrained'
import { type DiscreteScheduleConfig, scheduleOf } from '@cascade-diffusion/schedules'
import {
  ourSteps,
  type SchedulerCase,
  type SchedulerReference,
  schedulerDifferences,
} from '../packages/pretrained/src/diffusers/scheduler-agreement.ts'
import { pythonOfVenv } from './peers/peer.ts'

/** The greatest relative differences that count as equal: float64 for schedules, float32 for the others. */
const tolerances = { schedule: 1e-11, x0: 1e-6, variance: 1e-5 }
const keys = Object.keys(tolerances) as (keyof typeof tolerances)[]

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
function python(...args: readonly string[]): void {
  const { status } = spawnSync(pythonOfVenv(), [path('peers/diffusers_schedulers.py'), ...args], { stdio: 'inherit' })
  if (status !== 0)
    throw new Error(
      'Python failed. Is diffusers there? benchmarks/.venv/bin/pip install -r benchmarks/requirements-diffusers.txt',
    )
}

/** Processes that are written for diffusers. */
const written: readonly (ProcessConfig & { readonly schedule: DiscreteScheduleConfig })[] = [
  { schedule: { name: 'linear', steps: 1000 } },
  { schedule: { name: 'linear', steps: 4000 }, variance: 'fixed-small' },
  { schedule: { name: 'scaled-linear', steps: 1000, zeroTerminalSnr: true }, prediction: 'v' },
  { schedule: { name: 'cosine', steps: 4000 }, prediction: 'x0', variance: 'learned-range' },
  { schedule: { name: 'sigmoid', steps: 100, zeroTerminalSnr: true }, prediction: 'v' },
  { schedule: { name: 'betas', betas: [0.1, 0.2, 0.3] } },
]

const folder = mkdtempSync(join(tmpdir(), 'check-schedulers-'))
try {
  const file = join(folder, 'schedulers.json')
  python(file)
  const reference = JSON.parse(readFileSync(file, 'utf8')) as SchedulerReference
  check(reference)
  checkWritten(join(folder, 'written.json'))
  if (process.argv.includes('--write')) write(reference)
} finally {
  rmSync(folder, { recursive: true })
}

function check(reference: SchedulerReference): void {
  for (const name of Object.keys(reference.classes)) {
    const cases = reference.cases.filter((one) => one.class === name)
    if (cases.length === 0) {
      console.log(`refused ${refusal(name)}`)
      continue
    }
    const found = cases.map((one) => schedulerDifferences(reference, one))
    const greatest = keys.flatMap((key) => {
      const all = found.flatMap((one) => one[key] ?? [])
      return all.length > 0 ? [{ key, value: Math.max(...all) }] : []
    })
    const same = greatest.every(({ key, value }) => value < tolerances[key])
    if (!same) process.exitCode = 1
    const shown = greatest.map(({ key, value }) => `${key} ${value.toExponential(1)}`)
    console.log(`${same ? 'ok    ' : 'FAILED'}  ${name}, ${cases.length} settings, differs by: ${shown.join(', ')}`)
  }
  for (const one of reference.spacings) {
    const far = Math.max(...ourSteps(one).map((t, i) => Math.abs(t - one.timesteps[i]!)))
    const same = far < 1e-9
    if (!same) process.exitCode = 1
    console.log(`${same ? 'ok    ' : 'FAILED'}  ${one.class}, timestep_spacing '${one.spacing}', ${one.count} steps`)
  }
}

function checkWritten(file: string): void {
  writeFileSync(file, JSON.stringify(written.map(toSchedulerConfig)))
  python('load', file)
  const loaded = JSON.parse(readFileSync(file, 'utf8')) as number[][]
  for (const [i, config] of written.entries()) {
    const { alphasCumprod } = scheduleOf(config.schedule)
    const far = Math.max(...alphasCumprod.map((bar, t) => Math.abs(bar - loaded[i]![t]!)))
    const same = loaded[i]!.length === alphasCumprod.length && far < 1e-11
    if (!same) process.exitCode = 1
    console.log(
      `${same ? 'ok    ' : 'FAILED'}  ${config.schedule.name} of ${alphasCumprod.length} steps, written and loaded there, differs by ${far.toExponential(1)}`,
    )
  }
}

function refusal(name: string): string {
  try {
    fromSchedulerConfig({ _class_name: name })
  } catch (error) {
    return (error as Error).message.replace(/^.*got /, '')
  }
  process.exitCode = 1
  return `${name} is read, but it is not compared`
}

/** All classes with their defaults, and all settings of some. */
function write(reference: SchedulerReference): void {
  const whole = ['CogVideoXDDIMScheduler', 'DDPMScheduler', 'EulerDiscreteScheduler', 'HeunDiscreteScheduler']
  const kept = ({ class: name }: SchedulerCase, i: number, all: readonly SchedulerCase[]) =>
    whole.includes(name) || all[i - 1]?.class !== name
  const lines = Object.entries({ ...reference, cases: reference.cases.filter(kept) }).map(
    ([key, value]) => `${JSON.stringify(key)}: ${listed(value)}`,
  )
  writeFileSync(path('../packages/pretrained/src/fixtures/schedulers.json'), `{\n${lines.join(',\n')}\n}\n`)
}

/** A line for each entry. */
function listed(value: unknown): string {
  if (Array.isArray(value)) return `[\n${value.map((entry) => JSON.stringify(entry)).join(',\n')}\n]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{\n${Object.entries(value)
    .map(([key, entry]) => `${JSON.stringify(key)}: ${JSON.stringify(entry)}`)
    .join(',\n')}\n}`
}
