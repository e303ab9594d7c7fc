import { type ParseArgsConfig, parseArgs } from 'node:util'
import { checkOneOf, isCascadeError, nearest } from '@cascade-diffusion/checks'
import { languages, networkSizes, packageManagers } from './answers.ts'
import { createProject } from './create-project.ts'
import { version } from './project-files.ts'
import { defaults, type ProjectQuestions } from './settle.ts'

/** What the program needs of its process. */
export interface CreateIo {
  /** Whether questions can be asked. */
  readonly terminal: boolean
  /** Prints a text to stdout. */
  readonly log: (text: string) => void
  /** Prints a text to stderr. */
  readonly error: (text: string) => void
}

const usage = `npm create cascade-diffusion [FOLDER] [-- options]

Writes a project that trains a cascade of diffusion models on your images. It asks for what is not given.

  --images PATH           a folder, tar shards, a Parquet or an .npz file; or mnist, handwritten digits
  --network SIZE          ${networkSizes.join(', ')}: from minutes on a laptop to days on several GPUs
  --language NAME         of the configuration: ${languages.join(' or ')}
  --package-manager NAME  ${packageManagers.join(', ')}; by default the one that runs this
  --yes, -y               defaults for what is not given: ${defaults.folder}, ${defaults.images}, ${defaults.network}, ${defaults.language}
  --help, --version

  npm create cascade-diffusion
  npm create cascade-diffusion my-cascade -- --images photos --network small --yes

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`

const options = {
  images: { type: 'string' },
  network: { type: 'string' },
  language: { type: 'string' },
  'package-manager': { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} satisfies ParseArgsConfig['options']

/** A mistake in how the program was called. */
class UsageError extends Error {}

/** Runs `create-cascade-diffusion`. @param args what follows the program's name. @returns the exit code. */
export async function create(args: readonly string[], io: CreateIo): Promise<number> {
  try {
    const { values, folder } = parsed(args)
    if (values.help) io.log(usage)
    else if (values.version) io.log(version())
    else await write(givenBy(values, folder), values.yes === true, io)
    return 0
  } catch (error) {
    if (isCascadeError(error, 'interrupted')) return 130
    io.error((error as Error).message)
    if (!(error instanceof UsageError)) return 1
    io.error('\n`npm create cascade-diffusion -- --help` explains the options.')
    return 2
  }
}

function parsed(args: readonly string[]) {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens)
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) {
      const close = nearest(token.name, Object.keys(options))
      throw new UsageError(`unknown option '${token.rawName}'${close ? `. Did you mean '--${close}'?` : ''}`)
    }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [folder, ...more] = positionals
    if (more.length > 0) throw new Error(`expected one folder, got ${positionals.join(' and ')}`)
    return { values, folder }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

type Values = ReturnType<typeof parsed>['values']

function givenBy(values: Values, folder: string | undefined): Partial<ProjectQuestions> {
  const oneOf = <T extends string>(name: keyof Values, allowed: readonly T[]): T | undefined =>
    values[name] === undefined ? undefined : checkOneOf('create', `--${name}`, values[name], allowed)
  try {
    return {
      folder,
      images: values.images,
      network: oneOf('network', networkSizes),
      language: oneOf('language', languages),
      packageManager: oneOf('package-manager', packageManagers),
    }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function write(given: Partial<ProjectQuestions>, yes: boolean, { terminal, log }: CreateIo): Promise<void> {
  if (!yes && !terminal) throw new UsageError('expected --yes, or a terminal to ask questions in')
  const { folder, files, next } = await createProject(given, { asks: !yes })
  log(`Wrote ${files.join(', ')} to ${folder}. Next:\n`)
  for (const line of next) log(`  ${line}`)
}
