import { type ParseArgsConfig, parseArgs } from 'node:util'
import { CascadeError, nearest } from '@cascade-diffusion/checks'

/** One command of the program. */
export interface Command {
  /** A line for the list of commands. */
  readonly summary: string
  /** How it is called, in lines; then, after an empty line, its options. */
  readonly usage: string
  /** @returns the exit code. */
  run(args: readonly string[], io: CommandIo): Promise<number>
}

/** What a command needs of the process. */
export interface CommandIo {
  /** Prints a line of results. */
  readonly log: (line: string) => void
  /** Prints an error. Default: on stderr. */
  readonly error?: (text: string) => void
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal
}

/** The exit code of a run that Ctrl-C ended. */
export const INTERRUPTED = 130

/** A mistake in how the program was called. */
export class UsageError extends CascadeError {
  constructor(message: string) {
    super('input', message)
  }
}

type Options = NonNullable<ParseArgsConfig['options']>

/** What `parseArgs` makes of a command's options. */
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: boolean }>
>

/** `parseArgs` whose errors are {@link UsageError}s and suggest the option that was probably meant. */
export function parsed<T extends Options>(args: readonly string[], options: T, allowPositionals = false): Parsed<T> {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens)
    if (token.kind === 'option' && !Object.hasOwn(options, token.name))
      throw new UsageError(`unknown option '${token.rawName}'${probably(token.name, Object.keys(options), '--')}`)
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** A whole number from the command line. */
export function wholeNumber(name: string, text: string, from = 0): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isSafeInteger(value) || value < from)
    throw new UsageError(`--${name}: expected a whole number from ${from}, got '${text}'`)
  return value
}

/** One of a few words, from the command line. */
export function oneOf<T extends string>(name: string, words: readonly T[], text: string | undefined): T {
  const word = words.find((w) => w === text)
  if (word === undefined) {
    const got = text === undefined ? 'nothing' : `'${text}'${probably(text, words)}`
    throw new UsageError(`${name}: expected ${words.join(' or ')}, got ${got}`)
  }
  return word
}

/** `. Did you mean 'summary'?`, if a name is near enough. */
export function probably(name: string, names: readonly string[], before = ''): string {
  const close = nearest(name, names)
  return close === undefined ? '' : `. Did you mean '${before}${close}'?`
}
