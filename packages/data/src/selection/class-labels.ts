import { CascadeError } from '@cascade-diffusion/checks'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { untransformed } from './selected.ts'

/** The classes of a source, and the label of every image. */
export interface ClassLabels {
  readonly classNames: readonly string[]
  readonly labels: Int32Array
}

/**
 * The label of every image of a source, checked.
 * @throws {CascadeError} of code `input` unless the images are labelled and their labels are known without decoding; of code `data`
 * unless there is one label for each image, an index into the classes.
 */
export async function classLabels(where: string, source: ImageSource): Promise<ClassLabels> {
  checkSource(where, source)
  const { name, count, classNames, readLabels } = untransformed(source)
  if (classNames === undefined)
    throw new CascadeError('input', `${where}: expected a source of labelled images, got '${name}' without classNames`)
  if (readLabels === undefined)
    throw new CascadeError(
      'input',
      `${where}: expected a source with readLabels, which gives all labels without decoding images, got '${name}'`,
    )
  const labels = await untransformed(source).readLabels!()
  if (labels?.length !== count)
    throw new CascadeError('data', `${name}: expected ${count} labels from readLabels, got ${labels?.length}`)
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classNames.length))
  if (wrong >= 0)
    throw new CascadeError(
      'data',
      `${name}: expected labels from 0 to ${classNames.length - 1}, got ${labels[wrong]} for image ${wrong}`,
    )
  return { labels, classNames }
}
