import { join, relative } from 'node:path'
import { type CascadePlan, printedPlan, type TrainRunResult, trainRun } from '@cascade-diffusion/experiment'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult, Written } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { eventPrinter } from '../progress/event-printer.ts'
import { configured, type GivenConfig } from '../run/configured.ts'
import { plannedOf, settle } from '../run/settled-plan.ts'
import { probably, UsageError } from '../usage-error.ts'

interface Values extends GivenConfig {
  readonly names: readonly string[]
  readonly printConfig: boolean
  readonly restart: boolean
  readonly backend: CompileName
}

/** Runs the command `train`. */
export async function run(values: Values, io: CommandIo): Promise<CommandResult> {
  const { printConfig, restart, backend } = values
  const given = await configured(values)
  const { out } = given
  await checkFolder(out)
  const { print, end, written } = eventPrinter({ log: io.say, stream: io.progress })
  const { plan, data } = await plannedOf(given, print, io).finally(end)
  if (printConfig) return { lines: [printedPlan(plan).trimEnd()], json: JSON.parse(printedPlan(plan)) }
  const names = chosen(plan, values.names)
  io.say(`${plan.name}: the configuration of ${given.from}`)
  for (const line of planInLines(plan)) io.say(line)
  await settle(out, plan, restart ? (names ?? [...allOf(plan), 'evaluator']) : [], io)
  const compile = await compileOn(backend)
  const options = { plan, data, out, stages: names, restart, compile, progress: print, signal: io.signal }
  const result = await trainRun(options).finally(end)
  return resultOf(out, result, [{ what: 'checkpoints', path: join(out, 'checkpoints') }, ...written()])
}

const allOf = ({ stages }: CascadePlan): readonly string[] => stages.map(({ name }) => name)

/** @throws UsageError unless the plan has stages of these names. */
function chosen(plan: CascadePlan, given: readonly string[]): readonly string[] | undefined {
  const names = [...allOf(plan), 'evaluator']
  const wrong = given.find((name) => !names.includes(name))
  if (wrong !== undefined)
    throw new UsageError(`expected one of the stages ${names.join(', ')}, got '${wrong}'${probably(wrong, names)}`)
  return given.length > 0 ? given : undefined
}

/** A line for each stage. */
const planInLines = ({ stages }: CascadePlan): string[] =>
  stages.map(({ name, resolution, training: { steps, batchSize } }) => {
    const size = typeof resolution === 'number' ? `${resolution}×${resolution}` : resolution.join('×')
    return `  ${name}: ${size}, ${steps.toLocaleString('en-US')} steps of ${batchSize} images`
  })

function resultOf(
  out: string,
  { stages, cascade, report }: TrainRunResult,
  written: readonly Written[],
): CommandResult {
  const shown = relative(process.cwd(), out) || '.'
  const next = cascade
    ? ['sample', ...(cascade.stages.length > 1 ? ['search'] : [])].map(
        (name) => `npx cascade-diffusion ${name} ${shown}`,
      )
    : [`npx cascade-diffusion train --out ${shown}`]
  const untrained = stages.filter(({ trained }) => !trained)
  const lines = [
    ...stages.map(({ name, step, steps }) => `${name}: ${step} of ${steps} steps`),
    ...(untrained.length > 0 ? [`not trained yet: ${untrained.map(({ name }) => name).join(', ')}`] : []),
    'what comes next:',
    ...next.map((call) => `  ${call}`),
  ]
  const state = stages.map(({ name, step, steps, trained, path }) => ({ name, step, steps, trained, path }))
  return { lines, json: { out, stages: state, report, next }, written }
}
