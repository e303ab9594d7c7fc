import { createRequire } from 'node:module'
import { isCascadeError } from '@cascade-diffusion/checks'
import { type Command, type CommandIo, INTERRUPTED, probably, UsageError } from './command.ts'
import { commands } from './commands.ts'

const help = (): string =>
  [
    'cascade-diffusion: train, sample and evaluate cascaded diffusion models.',
    '',
    'Commands:',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`),
    '',
    '`cascade-diffusion COMMAND --help` explains a command; `cascade-diffusion --version` prints the version.',
  ].join('\n')

/**
 * Runs the program.
 * @param args what follows the program's name on the command line.
 * @returns the exit code: 0; 1 after an error; 2 for wrong arguments; 130 if it was interrupted.
 */
export async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const error = io.error ?? ((text: string) => process.stderr.write(`${text}\n`))
  try {
    return await runNamed(args, io)
  } catch (caught) {
    const message = caught instanceof Error ? caught.message : String(caught)
    if (caught instanceof UsageError) {
      error(`${message}\n\n${usageOf(args)}`)
      return 2
    }
    if (isCascadeError(caught, 'interrupted')) {
      error(message)
      return INTERRUPTED
    }
    error(`error: ${message}`)
    if (process.env.CASCADE_DIFFUSION_TRACE) error(String((caught as Error).stack))
    return 1
  }
}

async function runNamed([name, ...rest]: readonly string[], io: CommandIo): Promise<number> {
  if (name === undefined) throw new UsageError('expected a command')
  if (name === '--version' || name === '-v') return say(io, version())
  const asksForHelp = rest.includes('--help') || rest.includes('-h')
  if (name === '--help' || name === '-h' || name === 'help')
    return say(io, rest[0] === undefined || asksForHelp ? help() : named(rest[0]).usage)
  const command = named(name)
  if (asksForHelp) return say(io, command.usage)
  return command.run(rest, io)
}

function named(name: string): Command {
  if (Object.hasOwn(commands, name)) return commands[name] as Command
  const what = name.startsWith('-') ? 'option' : 'command'
  throw new UsageError(`unknown ${what} '${name}'${probably(name, [...Object.keys(commands), '--help', '--version'])}`)
}

function say({ log }: CommandIo, text: string): number {
  log(text)
  return 0
}

/** The usage of the command that was called wrongly, in a few lines. */
function usageOf([name = '']: readonly string[]): string {
  const [call] = Object.hasOwn(commands, name) ? (commands[name] as Command).usage.split('\n\n') : []
  return call === undefined
    ? `usage: cascade-diffusion ${Object.keys(commands).join('|')} …\n\`cascade-diffusion --help\` explains them.`
    : `usage: ${call.replaceAll('\n', '\n       ')}\n\`cascade-diffusion ${name} --help\` explains the options.`
}

/** From package.json, which lies above this file as source and when built. */
const version = (): string => createRequire(import.meta.url)('../package.json').version
