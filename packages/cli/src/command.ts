import { type ParseArgsConfig, parseArgs } from 'node:util'

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
export const INTERRUPTED = 130

/** A mistake in how the program was called. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>

/** What `parseArgs` makes of a command's options. */
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: boolean }>
>

/** `parseArgs` with its complaints as {@link UsageError}s. */
export function parsed<T extends Options>(args: readonly string[], options: T, allowPositionals = false): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** A whole number from 0, from the command line. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new UsageError(`--${name}: expected a whole number from 0, got '${text}'`)
  return value
}

/** One of a few words, from the command line. */
export function oneOf<T extends string>(name: string, words: readonly T[], text: string): T {
  const word = words.find((w) => w === text)
  if (word === undefined) throw new UsageError(`${name}: expected ${words.join(' or ')}, got '${text}'`)
  return word
}
