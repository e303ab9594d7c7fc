import { type CommandIo, UsageError } from './command.ts'
import { commands } from './commands.ts'

const help = (): string =>
  [
    'cascade-diffusion: train, sample and judge cascaded diffusion models.',
    '',
    'Commands:',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`),
    '',
    '`cascade-diffusion COMMAND --help` says more.',
  ].join('\n')

/**
 * Runs the program.
 * @param args what follows the program's name on the command line.
 * @returns the exit code: 0, 1 after an error, 2 if it was called wrongly, 130 if it was interrupted.
 */
export async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.log(help())
    return name === undefined ? 2 : 0
  }
  const command = commands[name]
  if (!command) {
    io.log(`unknown command '${name}'\n\n${help()}`)
    return 2
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.log(command.usage)
    return 0
  }
  try {
    return await command.run(rest, io)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof UsageError) {
      io.log(`${message}\n\n${command.usage}`)
      return 2
    }
    io.log(`error: ${message}`)
    if (process.env.CASCADE_DIFFUSION_TRACE) io.log(String((error as Error).stack))
    return 1
  }
}
