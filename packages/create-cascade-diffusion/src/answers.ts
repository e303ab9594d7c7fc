import { CascadeError, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'

/** The sizes of networks that a project begins with, the smallest first. */
export const networkSizes = ['tiny', 'small', 'base', 'paper'] as const

/** The languages of a configuration. */
export const languages = ['typescript', 'json'] as const

/** The package managers that a project can be written for. */
export const packageManagers = ['npm', 'pnpm', 'yarn', 'bun'] as const

/** What a new project is made of. */
export interface ProjectAnswers {
  /** Names the project and its runs: lower-case letters, digits, - and _. */
  readonly name: string
  /**
   * Where the images are: a folder, tar shards, a Parquet or an `.npz` file, as seen from the project's folder; or
   * `mnist`, handwritten digits, which need no files.
   */
  readonly images: string
  /** The size of the networks. `tiny` trains in minutes on a laptop, `paper` in days on a GPU. Default `tiny`. */
  readonly network?: (typeof networkSizes)[number]
  /** `cascade.config.ts`, which editors complete and check, or `cascade.config.json`. Default `typescript`. */
  readonly language?: (typeof languages)[number]
  /** Whose settings and commands the project has. Default `npm`. */
  readonly packageManager?: (typeof packageManagers)[number]
}

const known: KnownKeys<ProjectAnswers> = {
  name: true,
  images: true,
  network: true,
  language: true,
  packageManager: true,
}

/** The answers with nothing left out. @throws if one is wrong. */
export function checkAnswers(where: string, answers: ProjectAnswers): Required<ProjectAnswers> {
  checkOptions(where, answers, known)
  const { name, images, network = 'tiny', language = 'typescript', packageManager = 'npm' } = answers
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9_-]*$/.test(name))
    throw new CascadeError('input', `${where}: expected name, lower-case letters, digits, - and _, got ${shown(name)}`)
  if (typeof images !== 'string' || images === '')
    throw new CascadeError('input', `${where}: expected images, a path or 'mnist', got ${shown(images)}`)
  checkOneOf(where, 'network', network, networkSizes)
  checkOneOf(where, 'language', language, languages)
  checkOneOf(where, 'packageManager', packageManager, packageManagers)
  return { name, images, network, language, packageManager }
}

/** The name of a project in a folder: the folder's, in the letters that names have. */
export const nameOf = (folder: string): string =>
  (/[^/\\]*$/.exec(folder.replace(/[/\\]+$/, ''))?.[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|-+$/g, '') || 'cascade'
