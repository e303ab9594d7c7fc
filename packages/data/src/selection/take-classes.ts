import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkClassNames } from '../sources/check-source.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { classLabels } from './class-labels.ts'
import { type SelectedSource, selected } from './selected.ts'
import { selectionOf } from './subset.ts'

/**
 * The images of some classes, in the order of the source. The classes are those named, in that order, and labels are indices into them.
 * @param names at least one class of the source, each once.
 * @throws {CascadeError} of code `input` if a name is none of the classes or comes twice, the images are not labelled, or the source has no
 * `readLabels`; of code `data` if there is no image of any of them.
 */
export async function takeClasses<S extends ImageSource>(
  source: S,
  names: readonly string[],
): Promise<SelectedSource<S> & LabelledSource> {
  const { labels, classNames } = await classLabels('takeClasses', source)
  checkClassNames('takeClasses', names)
  const places = new Int32Array(classNames.length).fill(-1)
  names.forEach((className, k) => {
    const place = classNames.indexOf(className)
    if (place < 0)
      throw new CascadeError(
        'input',
        `takeClasses: expected classes of ${source.name}, ${listedNames(classNames)}, got ${shown(className)}`,
      )
    places[place] = k
  })
  let count = 0
  for (const label of labels) if (places[label]! >= 0) count++
  if (count === 0)
    throw new CascadeError('data', `takeClasses: expected images of ${names.join(', ')} in ${source.name}, got none`)
  const indices = new Float64Array(count)
  let next = 0
  labels.forEach((label, i) => {
    if (places[label]! >= 0) indices[next++] = i
  })
  return selected(source as ImageSource, {
    named: (name) => `${name} (${names.length} ${names.length === 1 ? 'class' : 'classes'})`,
    ...selectionOf('takeClasses', source, indices),
    classes: { names: [...names], of: (label) => places[label]! },
  }) as SelectedSource<S> & LabelledSource
}

const listedNames = (names: readonly string[]): string =>
  names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '')
