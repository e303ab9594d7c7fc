import { createRequire } from 'node:module'
import type { CommandResult } from './command.ts'
import { commands } from './commands.ts'
import { candidates } from './completion/candidates.ts'
import { failureJson, failureOf } from './failure.ts'
import { type Call, callOf } from './program.ts'
import type { ProgressStream } from './progress/progress-line.ts'

/** What the program needs of the process. */
export interface ProgramIo {
  /** Prints a line of results. */
  readonly log: (line: string) => void
  /** Prints an error, or what is said on the way beside a result for programs. Default: on stderr. */
  readonly error?: (text: string) => void
  /** Where progress is shown. Default: the process's stderr. */
  readonly progress?: ProgressStream
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal
  /** The width of help in characters. Default 100. */
  readonly width?: number
  /** Whether the titles of help are bold. Default false. */
  readonly colors?: boolean
}

/**
 * Runs the program.
 * @param args what follows the program's name on the command line.
 * @returns the exit code: 0; 1 after an error; 2 for wrong arguments; 130 if it was interrupted.
 */
export async function main(args: readonly string[], io: ProgramIo): Promise<number> {
  const { log, error = (text: string) => process.stderr.write(`${text}\n`) } = io
  if (args[0] === '--complete') {
    for (const { word, about } of candidates(commands, args.slice(1))) log(`${word}\t${about}`)
    return 0
  }
  const help = { write: log, width: io.width, colors: io.colors }
  const call = callOf(commands, version(), args, help)
  if ('message' in call) {
    error(`${call.message}\n\n${call.usage}`)
    if (args.includes('--json')) log(failureJson('usage', call.message))
  }
  if ('code' in call) return call.code
  const { command, json, quiet } = call
  const say = quiet ? () => {} : json ? error : log
  const progress = quiet ? { write: () => {} } : (io.progress ?? process.stderr)
  try {
    const { run } = await command.load()
    const result = await run(call.values as never, { say, progress, signal: io.signal })
    print(result, call, log)
    return result.code ?? 0
  } catch (caught) {
    const { code, kind, message } = failureOf(caught, call, io.signal)
    error(message)
    if (json) log(failureJson(kind, message))
    return code
  }
}

/** Prints a result for people or for programs. */
function print({ lines = [], json, written }: CommandResult, call: Call, log: (line: string) => void): void {
  if (call.json) log(JSON.stringify(written ? { ...(json as object), written } : json, null, 2))
  else for (const line of lines) log(line)
  if (call.json || !written?.length) return
  const width = Math.max(...written.map(({ what }) => what.length))
  log('written:')
  for (const { what, path } of written) log(`  ${what.padEnd(width)}  ${path}`)
}

/** From package.json, which lies above this file as source and when built. */
const version = (): string => createRequire(import.meta.url)('../package.json').version
