import type { Command, CommandGroup } from '../command.ts'
import { configurationFields } from '../configuration-fields.ts'
import { optionName } from '../inputs.ts'
import { commonOptions } from '../program.ts'

/** What may come next, for a shell. */
export interface Candidate {
  readonly word: string
  readonly about: string
}

/**
 * What the last of the words may become. None: the name of a file.
 * @param words what follows the program's name up to the cursor; the last is unfinished, or empty.
 */
export function candidates(commands: readonly (Command | CommandGroup)[], words: readonly string[]): Candidate[] {
  const [name = '', ...rest] = words
  if (rest.length === 0) return startingWith(name, name.startsWith('-') ? rootOptions : commands.map(named))
  const found = commands.find((one) => one.name === name)
  if (found === undefined) return []
  return 'commands' in found ? candidates(found.commands, rest) : inputsOf(found, rest)
}

const rootOptions: readonly Candidate[] = [
  { word: '--help', about: 'explain a command' },
  { word: '--version', about: 'print the version' },
]

const named = ({ name, summary }: Command | CommandGroup): Candidate => ({ word: name, about: summary })

const startingWith = (start: string, all: readonly Candidate[]) => all.filter(({ word }) => word.startsWith(start))

/** The options of a command, or the values of the one before. */
function inputsOf(one: Command, words: readonly string[]): Candidate[] {
  const [before, current = ''] = [words.at(-2), words.at(-1)]
  const values = (choices: readonly string[] = []) =>
    startingWith(
      current,
      choices.map((word) => ({ word, about: '' })),
    )
  for (const [name, { value, choices }] of Object.entries(one.options))
    if (value !== undefined && optionName(name) === before) return values(choices)
  if (current.startsWith('-')) return startingWith(current, optionsOf(one))
  const place = words.slice(0, -1).filter((word) => !word.startsWith('-')).length
  const positional = Object.values(one.arguments)
  return values((positional[place] ?? positional.at(-1))?.choices)
}

const optionsOf = (one: Command): Candidate[] => [
  ...Object.entries(one.options).map(([name, { about }]) => ({ word: optionName(name), about })),
  ...(one.configuration ? Object.entries(configurationFields) : []).map(([name, { about }]) => ({
    word: `--${name}`,
    about,
  })),
  ...commonOptions.map(({ long, about }) => ({ word: long, about })),
]
