import { CascadeError } from '@cascade-diffusion/checks'
import { type ImageSource, openImages, type SourceConfig, type SplitName } from '@cascade-diffusion/data'
import { oneOf, UsageError } from '../command.ts'

/** The option of commands that open images. */
export const imagesOptions = { split: { type: 'string' } } as const

/**
 * The images that a command line names: a path, or the configuration of a source as JSON.
 * @throws if there are none.
 */
export async function imagesAt(path: string | undefined, split: string | undefined): Promise<ImageSource> {
  if (path === undefined) throw new UsageError('expected a path')
  const part = split === undefined ? undefined : oneOf<SplitName>('--split', ['train', 'val', 'test'], split)
  return openImages(path.startsWith('{') && !path.endsWith('.tar') ? configOf(path) : path, { split: part })
}

function configOf(text: string): SourceConfig {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CascadeError(
      'input',
      `expected a path or the JSON of a source, got ${text}: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
}
