import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { toUint8 } from '@cascade-diffusion/data'
import { npzWriter } from './npz-writer.ts'
import { isNpz } from './place.ts'
import { digitsOf, pngWriter } from './png-writer.ts'

/**
 * Writes images that are there: a folder of PNG files, `000000.png` and so on, or an `.npz` file as `writeSamples`
 * makes it. Files of the same names are replaced, each as a whole.
 * @param path a name that ends in `.npz`: such a file; any other: a folder.
 * @param images float32 [N,H,W,C] in [-1, 1].
 * @param labels the classes, which an `.npz` file holds.
 * @throws of code `file` if a file cannot be written.
 */
export async function writeImages(path: string, images: NDArray<'float32'>, labels?: NDArray<'int32'>): Promise<void> {
  if (typeof path !== 'string' || path === '' || path === '.npz')
    throw new CascadeError(
      'input',
      `writeImages: expected path, a folder or a name that ends in .npz, got ${shown(path)}`,
    )
  const [count, ...shape] = images.shape as [number, number, number, number]
  const stages = [{ name: 'images', shape, path }]
  const digits = digitsOf(0, count)
  const writer = isNpz(path)
    ? npzWriter(stages, count)
    : pngWriter(path, stages, (place) => `${place}`.padStart(digits, '0'))
  try {
    await writer.begin(0)
    await writer.write(0, [toUint8(images)])
    await writer.finish(labels?.data)
  } finally {
    await writer.close()
  }
}
