import { join } from 'node:path'
import { createProject, type ProjectQuestions } from 'create-cascade-diffusion'
import type { CommandResult } from '../command.ts'
import { UsageError } from '../usage-error.ts'

interface Values extends Partial<Omit<ProjectQuestions, 'folder'>> {
  readonly folder: string | undefined
  readonly configOnly: boolean
  readonly yes: boolean
}

/** Runs the command `init`. */
export async function run({ configOnly, yes, folder: place = '.', ...values }: Values): Promise<CommandResult> {
  const asks = !yes && process.stdin.isTTY === true && process.stdout.isTTY === true
  if (!yes && !asks) throw new UsageError('expected --yes, or a terminal to ask questions in')
  const { images, network, language, packageManager } = values
  const given = { folder: place, images, network, language, packageManager }
  const { folder, files, next } = await createProject(given, { asks, configurationOnly: configOnly })
  return {
    lines: ['next:', ...next.map((line) => `  ${line}`)],
    json: { next },
    written: files.map((name) => ({ what: kindOf(name), path: join(folder, name) })),
  }
}

const kindOf = (name: string) =>
  name.startsWith('cascade.config.') ? 'configuration' : name === 'README.md' ? 'what to do' : 'project'
