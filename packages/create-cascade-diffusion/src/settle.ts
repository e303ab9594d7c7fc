import { access } from 'node:fs/promises'
import { basename, isAbsolute, relative, resolve } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { nameOf, type ProjectAnswers, packageManagers } from './answers.ts'

/** What a new project is asked for. Paths are as seen from the working folder. */
export interface ProjectQuestions extends Omit<ProjectAnswers, 'name'> {
  readonly folder: string
}

/** Answers to all questions if none is given. */
export const defaults: Required<ProjectQuestions> = {
  folder: 'my-cascade',
  images: 'mnist',
  network: 'tiny',
  language: 'typescript',
  packageManager: 'npm',
}

/** The package manager that runs this program, by what it says of itself: `pnpm/10.2.0 npm/? node/v22 …`. */
export function runningManager(agent = process.env.npm_config_user_agent ?? ''): ProjectAnswers['packageManager'] {
  const [name] = agent.split('/')
  return packageManagers.find((manager) => manager === name)
}

/** @returns what is wrong with a place of images, if anything is. */
export async function imagesProblem(images: string): Promise<string | undefined> {
  if (images === 'mnist') return undefined
  // A pattern of shards, as in `train-{000..009}.tar`, is looked at in training.
  const path = images.includes('{') ? resolve(images, '..') : resolve(images)
  const there = await access(path).then(
    () => true,
    () => false,
  )
  return there ? undefined : `expected images at ${images}, got no such file or folder`
}

/** Where the project is made, and what of. @throws if there are no images. */
export async function settled({
  folder,
  images,
  ...rest
}: ProjectQuestions): Promise<{ readonly folder: string; readonly answers: ProjectAnswers }> {
  const problem = await imagesProblem(images)
  if (problem !== undefined) throw new CascadeError('input', `create: ${problem}`)
  const answers = { ...rest, name: nameOf(basename(resolve(folder))), images: seenFrom(folder, images) }
  return { folder, answers }
}

/** A path as seen from a folder; one on another drive as it is. */
function seenFrom(folder: string, images: string): string {
  if (images === 'mnist') return images
  if (isAbsolute(images)) return images
  const path = relative(resolve(folder), resolve(images)).replaceAll('\\', '/') || '.'
  return path === 'mnist' ? './mnist' : path
}
