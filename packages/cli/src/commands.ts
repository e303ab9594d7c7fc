import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Interrupted } from './quickstart/interrupted.ts'
import { datasetNames, planOf } from './quickstart/plan.ts'
import { quickstart } from './quickstart/quickstart.ts'

/** One command of the program. */
export interface Command {
  /** A line for the list of commands. */
  readonly summary: string
  /** How it is called, with its options. */
  readonly usage: string
  /** @returns the exit code. */
  run(args: readonly string[], io: CommandIo): Promise<number>
}

/** What a command is given of the process. */
export interface CommandIo {
  /** Prints a line. */
  readonly log: (line: string) => void
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal
}

/** The exit code of a run that was stopped by Ctrl-C. */
const INTERRUPTED = 130

/** A whole number from 0, from the command line. */
function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new UsageError(`--${name}: expected a whole number from 0, got '${text}'`)
  return value
}

/** One of a few words, from the command line. */
function oneOf<T extends string>(name: string, words: readonly T[], text: string): T {
  const word = words.find((w) => w === text)
  if (word === undefined) throw new UsageError(`--${name}: expected ${words.join(' or ')}, got '${text}'`)
  return word
}

/** A mistake in how the program was called. */
export class UsageError extends Error {}

const quickstartCommand: Command = {
  summary: 'train, sample and judge a small cascade on real images, and write a report',
  usage: `cascade-diffusion quickstart [options]

  --dataset NAME   mnist (real handwritten digits, 8×8 → 32×32; the default) or
                   dicebear (procedural art in colour, 16×16 → 64×64)
  --fast           a rough picture in about two minutes
  --seed N         other weights, batches and noise (0)
  --out FOLDER     where to write (runs/quickstart)
  --restart        train anew instead of going on from earlier checkpoints

Ctrl-C keeps a checkpoint; the same command goes on from there.`,
  async run(args, { log, signal }) {
    const { values } = parsed(args, {
      dataset: { type: 'string', default: 'mnist' },
      fast: { type: 'boolean', default: false },
      seed: { type: 'string', default: '0' },
      out: { type: 'string', default: 'runs/quickstart' },
      restart: { type: 'boolean', default: false },
    })
    const { fast, restart } = values
    const dataset = oneOf('dataset', datasetNames, values.dataset)
    const out = resolve(values.out)
    const seed = wholeNumber('seed', values.seed)
    const plan = planOf({ dataset, fast, cacheDir: join(out, 'drawings') })
    try {
      const { report, outcome } = await quickstart({ plan, restart, seed, out, signal, log })
      const { best, judge } = outcome
      log(`${(100 * best.score.classAccuracy).toFixed(1)} % of the samples are taken for the class asked for`)
      log(
        `FID ${best.score.fidTrain.toFixed(2)} at s = ${best.level}; the real test set comes to ${judge.fidOfTest.toFixed(2)}`,
      )
      log(`report: ${report}`)
      return 0
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
      log(`${error.message}. Its checkpoint is kept: the same command goes on from there.`)
      return INTERRUPTED
    }
  },
}

/** `parseArgs` with its complaints as {@link UsageError}s. */
function parsed<T extends NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>>(
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

export const commands: Readonly<Record<string, Command>> = { quickstart: quickstartCommand }
