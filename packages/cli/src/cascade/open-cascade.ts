import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Cascade, readCascade } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'

/** The name of the file that makes a folder a saved cascade. */
const manifest = 'cascade.json'

/**
 * The folder of the saved cascade at a path: the path of a run, of its `cascade` folder, of any saved cascade, or of the
 * `cascade.json` in one.
 * @throws of code `checkpoint` if there is none; the error says what is there instead.
 */
async function cascadeFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new CascadeError('checkpoint', `expected a run or a saved cascade at ${path}, there is nothing`)
  if (found.isFile()) {
    if (basename(path) === manifest) return dirname(path)
    throw new CascadeError(
      'checkpoint',
      `expected a run or a saved cascade, got the file ${path}; \`npx cascade-diffusion inspect\` says what it is`,
    )
  }
  const places = [path, join(path, 'cascade')]
  const place = places.find((folder) => existsSync(join(folder, manifest)))
  if (place !== undefined) return place
  if (existsSync(join(path, 'config.json')) && existsSync(join(path, 'checkpoints')))
    throw new CascadeError(
      'checkpoint',
      `expected a trained cascade in the run ${path}, got one that is still in training: ` +
        `\`npx cascade-diffusion train --out ${path}\` resumes it`,
    )
  throw new CascadeError(
    'checkpoint',
    `expected a run or a saved cascade, got the folder ${path}, without ${manifest}; ` +
      '`npx cascade-diffusion inspect` says what it is',
  )
}

/** Reads the saved cascade at a path, or at a URL. @throws as {@link cascadeFolder} and `readCascade`. */
export const openCascade = async (place: string): Promise<Cascade> =>
  readCascade(/^(https?|file):/i.test(place) ? place : await cascadeFolder(place))

/** Whether a path is the folder of a saved cascade or of a run. */
export const holdsCascade = (path: string): boolean =>
  existsSync(join(path, manifest)) || existsSync(join(path, 'checkpoints'))
