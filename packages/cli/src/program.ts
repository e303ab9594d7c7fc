import { Argument, CommanderError, Option, Command as Parser } from 'commander'
import type { Command, CommandGroup, Override } from './command.ts'
import { configurationFields } from './configuration-fields.ts'
import { exitCodes } from './exit-codes.ts'
import { type Input, noteOf, optionName } from './inputs.ts'
import { probably, UsageError } from './usage-error.ts'

/** A command that was called, with the values of its inputs. */
export interface Call {
  readonly command: Command
  readonly values: Record<string, unknown> & { readonly overrides: readonly Override[] }
  readonly json: boolean
  readonly quiet: boolean
  /** How the command is called, in two lines: for what is found wrong later. */
  readonly usage: string
}

/** Where help is printed. */
export interface HelpOutput {
  readonly write: (text: string) => void
  /** In characters. */
  readonly width?: number
  readonly colors?: boolean
}

/** A call that is not one of a command: it asks for help or for the version, which were printed; or it is wrong. */
export type NoCall = { readonly code: 0 } | { readonly code: 2; readonly message: string; readonly usage: string }

const program = 'cascade-diffusion'

/** What all commands take. */
export const commonOptions = [
  { long: '--json', flags: '--json', about: 'print the result as JSON, and nothing else on stdout' },
  { long: '--quiet', flags: '--quiet', about: 'print the result only: no progress' },
  { long: '--help', flags: '-h, --help', about: 'explain the command' },
] as const

/** Reads the arguments of a call. Help and the version are printed. */
export function callOf(
  commands: readonly (Command | CommandGroup)[],
  version: string,
  args: readonly string[],
  help: HelpOutput,
): Call | NoCall {
  const wide = args[0] === 'help' ? [...args.slice(1), '--help'] : [...args]
  let call: Call | undefined
  let parser = rootOf(version, help)
  const failed = (caught: unknown): NoCall => {
    if (caught instanceof UsageError) return { code: 2, message: caught.message, usage: usageOf(parser) }
    if (!(caught instanceof CommanderError)) throw caught
    if (caught.exitCode === 0) return { code: 0 }
    return { code: 2, message: messageOf(caught, parser), usage: usageOf(parser) }
  }
  const root = parser
  /** What stands at the parser of a command or group when it fails. */
  const watch = (child: Parser) =>
    child.exitOverride((error) => {
      parser = child
      throw error
    })
  watch(root)
  const add = (parent: Parser, one: Command | CommandGroup) => {
    const child = watch(parent.command(one.name).summary(one.summary).description(descriptionOf(one)))
    if ('commands' in one) {
      child.helpCommand(false)
      for (const below of one.commands) add(child, below)
    } else
      declare(child, one, wide).action(() => {
        parser = child
        const { json = false, quiet = false } = child.opts<{ json?: boolean; quiet?: boolean }>()
        call = { command: one, values: valuesOf(child, one), json, quiet, usage: usageOf(child) }
      })
  }
  for (const one of commands) add(root, one)
  try {
    checkName(commands, wide)
    root.parse(wide, { from: 'user' })
    return call as Call
  } catch (caught) {
    return failed(caught)
  }
}

function rootOf(version: string, { write, width, colors }: HelpOutput): Parser {
  const bold = (title: string) => (colors ? `\x1b[1m${title}\x1b[22m` : title)
  return new Parser(program)
    .description('Trains, samples and evaluates cascaded diffusion models.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand(false)
    .usage('COMMAND [options]')
    .configureOutput({
      writeOut: (text) => write(text.trimEnd()),
      writeErr: () => {},
      getOutHelpWidth: () => width ?? 100,
      getOutHasColors: () => colors === true,
    })
    .configureHelp({
      minWidthToWrap: 20,
      styleTitle: bold,
      subcommandTerm: (child) => child.name(),
      subcommandDescription: (child) => child.summary(),
    })
    .addHelpText('after', `\n\`npx ${program} COMMAND --help\` explains a command.`)
}

/** Declares the inputs of a command and its help. */
function declare(child: Parser, one: Command, args: readonly string[]): Parser {
  for (const [name, input] of Object.entries(one.arguments)) {
    const term = `${input.value ?? name.toUpperCase()}${input.many ? '...' : ''}`
    child.addArgument(new Argument(input.required ? `<${term}>` : `[${term}]`, aboutOf(input)))
  }
  for (const [name, input] of Object.entries(one.options)) child.addOption(optionOf(optionName(name), input))
  if (one.configuration) {
    child.optionsGroup('Fields of the configuration:')
    for (const [name, { value, about }] of Object.entries(configurationFields))
      child.addOption(repeatable(new Option(`--${name} <${value}>`, about)))
    for (const path of pathsIn(args)) child.addOption(repeatable(new Option(`--${path} <VALUE>`).hideHelp()))
  }
  child.optionsGroup('Of all commands:')
  for (const { flags, long, about } of commonOptions) {
    if (long === '--help') child.helpOption(flags, about)
    else child.addOption(new Option(flags, about))
  }
  return child.usage(usageTerms(one)).addHelpText('after', afterHelp(one))
}

const optionOf = (flag: string, input: Input<unknown>): Option =>
  repeatable(new Option(input.value === undefined ? flag : `${flag} <${input.value}>`, aboutOf(input)))

/** The parser keeps what was given each time. */
const repeatable = (option: Option): Option =>
  option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text])

const aboutOf = (input: Input<unknown>): string => `${input.about}${noteOf(input)}`

/** The paths of fields among the options: `--stages.0.training.steps`. */
const pathsIn = (args: readonly string[]): Set<string> =>
  new Set(args.flatMap((arg) => /^--([^=.[]+[.[][^=]+)(=|$)/.exec(arg)?.[1] ?? []).filter(isField))

const isField = (path: string) => Object.hasOwn(configurationFields, path.split(/[.[]/)[0]!)

function valuesOf(child: Parser, one: Command): Call['values'] {
  const given: Record<string, unknown> = child.opts()
  const values: Record<string, unknown> = {}
  for (const [place, [name, input]] of Object.entries(one.arguments).entries()) {
    const words = input.many ? (child.processedArgs[place] as string[]) : [child.processedArgs[place] as string]
    values[name] = input.read(words[0] === undefined ? undefined : words, input.value ?? name.toUpperCase())
  }
  for (const [name, input] of Object.entries(one.options)) {
    const words = given[name]
    values[name] = input.read(words === undefined ? undefined : [words].flat().map(String), optionName(name))
  }
  const overrides = Object.entries(given).flatMap(([path, words]): Override[] => {
    const isOverride = one.configuration && isField(path) && !Object.hasOwn(one.options, path)
    return isOverride ? [[path, (words as string[]).at(-1)!]] : []
  })
  // A field after what contains it: `--training '{…}' --training.steps 10`.
  overrides.sort(([a], [b]) => a.split('.').length - b.split('.').length)
  return { ...values, overrides }
}

const descriptionOf = (one: Command | CommandGroup): string =>
  `${one.summary[0]!.toUpperCase()}${one.summary.slice(1)}.${one.about ? `\n\n${one.about}` : ''}`

/** What follows the name of a command in its usage. */
export const usageTerms = (one: Command): string => {
  const positional = Object.entries(one.arguments).map(([name, { value, required, many }]) => {
    const term = `${value ?? name.toUpperCase()}${many ? '...' : ''}`
    return required ? term : `[${term}]`
  })
  const needed = Object.entries(one.options).flatMap(([name, { value, required }]) =>
    required ? [`${optionName(name)} ${value}`] : [],
  )
  return [...positional, ...needed, '[options]'].join(' ')
}

function afterHelp({ examples = [], exitCodes: own, interrupted }: Command): string {
  const codes = { ...exitCodes, ...own }
  return [
    ...(examples.length > 0 ? ['', 'Examples:'] : []),
    ...examples.flatMap(({ call, does }) => [`  # ${does}`, `  ${program} ${call}`]),
    '',
    'Exit codes:',
    ...Object.entries(codes).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`),
    ...(interrupted ? ['', `Ctrl-C: ${interrupted}`] : []),
  ].join('\n')
}

/** How a command is called, and where more is said. */
function usageOf(parser: Parser): string {
  const path: string[] = []
  for (let at: Parser | null = parser; at; at = at.parent) path.unshift(at.name())
  const call = path.join(' ')
  const below = parser.commands.map((child) => child.name()).join('|')
  const terms = parser.parent && below ? `${below} [options]` : parser.usage()
  return `usage: ${call} ${terms}\n\`npx ${call} --help\` explains ${below ? 'the commands' : 'the options'}.`
}

/** What is wrong, as the rest of the program says it: `unknown option '--fats'. Did you mean '--fast'?` */
function messageOf({ code, message }: CommanderError, parser: Parser): string {
  if (code === 'commander.help')
    return `expected a command of ${parser.name()}: ${parser.commands.map((child) => child.name()).join(', ')}`
  const [, flag] = /^error: unknown option '(--[^=]+)=/.exec(message) ?? []
  if (parser.options.some(({ long }) => long === flag)) return `option '${flag}' takes no value`
  const path = /^error: unknown option '--([^.']+)\./.exec(message)
  if (path && parser.options.some(({ long }) => long === '--stages'))
    return `${message.replace('error: ', '')}${probably(path[1]!, Object.keys(configurationFields), '--')}`
  return message
    .replace('error: ', '')
    .replace(/\n\(Did you mean one of (.*)\?\)$/, '. Did you mean one of $1?')
    .replace(/\n\(Did you mean (.*)\?\)$/, ". Did you mean '$1'?")
}

/** Help for a command that is not there would be that of the program. */
function checkName(commands: readonly (Command | CommandGroup)[], [name]: readonly string[]): void {
  const names = commands.map((one) => one.name)
  if (name === undefined) throw new UsageError('expected a command')
  if (!name.startsWith('-') && !names.includes(name))
    throw new UsageError(`unknown command '${name}'${probably(name, names)}`)
}
