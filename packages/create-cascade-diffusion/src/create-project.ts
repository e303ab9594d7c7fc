import { relative } from 'node:path'
import { projectFiles } from './project-files.ts'
import { commandsOf } from './readme-file.ts'
import { defaults, type ProjectQuestions, runningManager, settled } from './settle.ts'
import { writeProject } from './write-project.ts'

/** Options of {@link createProject}. */
export interface CreateProjectOptions {
  /** Whether what is not given is asked for in the terminal. Otherwise it has its default. */
  readonly asks: boolean
  /** Writes the configuration alone, for a project that is there already. Default false. */
  readonly configurationOnly?: boolean
}

/** A project that was made. */
export interface CreatedProject {
  readonly folder: string
  /** The names of the files that were written. */
  readonly files: readonly string[]
  /** Commands that come next. */
  readonly next: readonly string[]
}

/**
 * Makes a project that trains a cascade.
 * @param given what is known of it already.
 * @throws before anything is written, if one of its files is there already, or if there are no images.
 */
export async function createProject(
  given: Partial<ProjectQuestions>,
  { asks, configurationOnly = false }: CreateProjectOptions,
): Promise<CreatedProject> {
  const known = { ...given, packageManager: given.packageManager ?? runningManager() }
  const wanted = asks ? await (await import('./ask.ts')).ask(known) : withDefaults(known)
  const { folder, answers } = await settled(wanted)
  const all = Object.entries(projectFiles(answers))
  const files = Object.fromEntries(configurationOnly ? all.filter(([name]) => name.startsWith('cascade.config.')) : all)
  await writeProject(folder, files)
  const { packageManager = defaults.packageManager } = answers
  const next = [
    ...(relative('.', folder) === '' ? [] : [`cd ${folder}`]),
    `${packageManager} ${configurationOnly ? `${adding[packageManager]} cascade-diffusion` : 'install'}`,
    `${configurationOnly ? `${commandsOf[packageManager].program} cascade-diffusion` : commandsOf[packageManager].script} train`,
  ]
  return { folder, files: Object.keys(files), next }
}

/** How package managers add a package to a project. */
const adding = { npm: 'install', pnpm: 'add', yarn: 'add', bun: 'add' } as const

const withDefaults = (given: Partial<ProjectQuestions>): ProjectQuestions => ({
  ...given,
  folder: given.folder ?? defaults.folder,
  images: given.images ?? defaults.images,
})
