import { CascadeError } from '@cascade-diffusion/checks'
import { type ImageSource, openImages, type SourceConfig, type SplitName } from '@cascade-diffusion/data'

/**
 * The images that a command line names: a path, or the configuration of a source as JSON.
 * @throws if there are none.
 */
export async function imagesAt(path: string, split: SplitName | undefined): Promise<ImageSource> {
  return openImages(path.startsWith('{') && !path.endsWith('.tar') ? configOf(path) : path, { split })
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
