import type { Command, CommandGroup } from '../packages/cli/src/command.ts'
import { commands } from '../packages/cli/src/commands.ts'
import { configurationFields } from '../packages/cli/src/configuration-fields.ts'
import { exitCodes } from '../packages/cli/src/exit-codes.ts'
import { type Input, type Inputs, noteOf, optionName } from '../packages/cli/src/inputs.ts'
import { commonOptions, usageTerms } from '../packages/cli/src/program.ts'

const program = 'cascade-diffusion'

/** docs/command-line.md, made of what the commands say of themselves. */
export const commandLinePage = (): string =>
  `${[intro(), ...commands.flatMap((one) => sectionOf(one)), fields(), afterwards()].join('\n\n')}\n`

const intro = () => `<!-- Made by \`npx -y pnpm@10 run docs:command-line\` from the commands' own descriptions. -->

# The command line

\`${program}\` is the command of the package [\`${program}\`](../packages/cascade-diffusion/README.md). \`npx ${program} COMMAND\` runs it
in a project that has the package. \`${program} COMMAND --help\` says what this page says of a command.

${table(
  ['command', ''],
  commands.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
)}

All commands take these options:

${table(
  ['option', ''],
  commonOptions.map(({ flags, about }) => [`\`${flags}\``, about]),
)}

Results go to stdout, progress and errors to stderr. In a terminal, progress is one line that is rewritten; in a log, a line every
ten seconds. With \`--json\`, stdout holds one JSON value, also if nothing was found; after an error or an interruption it is
\`{ "error": { "code", "message" } }\`. A wrong call prints
how the command is called, and the name that was probably meant.

Ctrl-C, SIGTERM and a terminal that closes end a command after the current step: what was done is saved, and the command says how to resume. A
second Ctrl-C stops at once.

${table(['exit code', ''], Object.entries(exitCodes))}

${table(
  ['variable', ''],
  [
    ['`CASCADE_DIFFUSION_CACHE`', 'the folder of downloads and installed backends'],
    ['`CASCADE_DIFFUSION_TRACE`', 'if set, errors come with the place that they are from'],
    ['`NO_COLOR`', 'if set, help has no bold titles'],
    ['`CI`', 'if set, progress is plain lines in a terminal too'],
  ],
)}`

function sectionOf(one: Command | CommandGroup, path: readonly string[] = []): string[] {
  const call = [...path, one.name].join(' ')
  const title = `${'#'.repeat(path.length + 2)} ${call}`
  const about = [`${capital(one.summary)}.`, ...(one.about ? [one.about] : [])]
  if ('commands' in one)
    return [title, ...about, ...one.commands.flatMap((below) => sectionOf(below, [...path, one.name]))]
  return [
    title,
    ...about,
    `\`\`\`sh\n${program} ${call} ${usageTerms(one)}\n\`\`\``,
    ...inputs('argument', one.arguments, (name, { value }) => value ?? name.toUpperCase()),
    ...inputs('option', one.options, (name, { value }) => [optionName(name), value].filter(Boolean).join(' ')),
    ...(one.configuration ? ['Any [field of the configuration](#fields-of-the-configuration) is an option too.'] : []),
    ...Object.entries(one.exitCodes ?? {}).map(([code, meaning]) => `Exit code ${code}: ${meaning}.`),
    ...(one.interrupted ? [`Ctrl-C: ${sentence(one.interrupted)}`] : []),
    ...examples(one),
  ]
}

const examples = ({ examples = [] }: Command): string[] =>
  examples.length === 0
    ? []
    : [['```sh', ...examples.flatMap(({ call, does }) => [`# ${does}`, `${program} ${call}`]), '```'].join('\n')]

function inputs(kind: string, all: Inputs, term: (name: string, input: Input<unknown>) => string): string[] {
  const rows = Object.entries(all).map(([name, input]) => [
    `\`${term(name, input)}${input.many ? ' …' : ''}\``,
    `${input.about}${noteOf(input)}`,
  ])
  return rows.length > 0 ? [table([kind, ''], rows)] : []
}

const fields = () => `## Fields of the configuration

Commands that take a configuration take its fields as options, by their path. A value is JSON, or text. What contains a field is set
before it. [Configuration](configuration.md) lists all fields.

${table(
  ['option', ''],
  Object.entries(configurationFields).map(([name, { value, about }]) => [`\`--${name} ${value}\``, about]),
)}

\`\`\`sh
${program} train --data photos --stages '[16,64]' --stages.0.training.steps 1000 --seed 3
\`\`\``

const afterwards = () => `## In a program

\`main\` of [\`@cascade-diffusion/cli\`](../packages/cli/README.md) runs a command in a program. Functions do the same with values instead of
text: \`trainRun\`, \`loadCascade\`, \`inspectImages\`.`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')

const capital = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}`

const sentence = (text: string) => capital(text).replace(/[^.]$/, '$&.')
