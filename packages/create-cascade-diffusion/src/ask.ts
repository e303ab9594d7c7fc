import { CascadeError } from '@cascade-diffusion/checks'
import { cancel, intro, isCancel, select, text } from '@clack/prompts'
import { languages, networkSizes } from './answers.ts'
import { defaults, imagesProblem, type ProjectQuestions } from './settle.ts'

const sizeHints = {
  tiny: 'minutes on a laptop',
  small: 'an hour on a laptop',
  base: 'a GPU',
  paper: "the paper's networks: days on several GPUs",
}
const languageLabels = { typescript: 'TypeScript, which editors complete and check', json: 'JSON' }

/** Asks in the terminal for what is not given. @throws of code `interrupted` if the user cancels. */
export async function ask(given: Partial<ProjectQuestions>): Promise<ProjectQuestions> {
  intro('A cascade of diffusion models')
  const folder =
    given.folder ??
    answered(
      await text({ message: 'Folder of the project', placeholder: defaults.folder, defaultValue: defaults.folder }),
    )
  const images = given.images ?? (await askForImages())
  const network =
    given.network ??
    answered(
      await select({
        message: 'Size of the networks',
        options: networkSizes.map((value) => ({ value, hint: sizeHints[value] })),
        initialValue: defaults.network,
      }),
    )
  const language =
    given.language ??
    answered(
      await select({
        message: 'Language of the configuration',
        options: languages.map((value) => ({ value, label: languageLabels[value] })),
        initialValue: defaults.language,
      }),
    )
  return { ...given, folder, images, network, language }
}

async function askForImages(): Promise<string> {
  for (let message = "Where are the images? A path; empty: MNIST's digits, to try it"; ; ) {
    const images = answered(await text({ message, placeholder: defaults.images, defaultValue: defaults.images }))
    const problem = await imagesProblem(images)
    if (problem === undefined) return images
    message = `Where are the images? There is nothing at ${images}`
  }
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>
  cancel('Nothing was written.')
  throw new CascadeError('interrupted', 'create: interrupted')
}
