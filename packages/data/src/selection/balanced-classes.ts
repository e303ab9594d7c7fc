import { CascadeError } from '@cascade-diffusion/checks'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { classLabels } from './class-labels.ts'
import { type SelectedSource, selected } from './selected.ts'

/**
 * The source with every class equally frequent. It has classes × (images of the largest class) images: image i is of class
 * i mod classes, and a smaller class begins anew when its images are used up, so each comes as often as its neighbours or once more. Any
 * consecutive batch of a multiple of the number of classes is balanced; a shuffled epoch has as many images of each class.
 * Random transforms draw anew for each. It takes 4 bytes of memory an image.
 * @throws {CascadeError} of code `input` if the images are not labelled or the source has no `readLabels`; of code `data` if a class has no
 * images.
 */
export async function balancedClasses<S extends ImageSource>(source: S): Promise<SelectedSource<S> & LabelledSource> {
  const { labels, classNames } = await classLabels('balancedClasses', source)
  const { name } = source
  const classes = classNames.length
  const starts = new Float64Array(classes + 1)
  for (const label of labels) starts[label + 1]!++
  const largest = starts.reduce((most, n) => Math.max(most, n))
  const empty = classNames.filter((_, k) => starts[k + 1] === 0)
  if (empty.length > 0)
    throw new CascadeError(
      'data',
      `balancedClasses: expected images of every class of ${name}, got none of ${empty.slice(0, 5).join(', ')}` +
        `${empty.length > 5 ? ` and ${empty.length - 5} others` : ''}; takeClasses(source, names) leaves classes out`,
    )
  for (let k = 1; k <= classes; k++) starts[k]! += starts[k - 1]!
  const ends = starts.slice()
  const byClass = new Uint32Array(labels.length)
  labels.forEach((label, i) => {
    byClass[ends[label]!++] = i
  })
  return selected(source as ImageSource, {
    named: (name) => `${name} (balanced)`,
    count: classes * largest,
    at(i) {
      const k = i % classes
      const start = starts[k]!
      return byClass[start + (Math.floor(i / classes) % (starts[k + 1]! - start))]!
    },
  }) as SelectedSource<S> & LabelledSource
}
