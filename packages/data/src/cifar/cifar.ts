import { CascadeError, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { imageDataset, type LabelledDataset } from '../sources/image-dataset.ts'
import { readBinary } from './cifar-binary.ts'
import { type CifarFiles, findCifar } from './cifar-files.ts'
import { type CifarImages, side } from './cifar-images.ts'
import { readPickled } from './cifar-pickled.ts'

/** CIFAR-10 has 10 classes; CIFAR-100 has 100 fine ones in 20 coarse ones. */
export type CifarName = 'cifar10' | 'cifar100'

/** Options of {@link cifar}. */
export interface CifarOptions {
  /** The 50,000 training images or the 10,000 test images. */
  readonly split: 'train' | 'test'
  /** Which of the two it is. Default: the one whose files are there. */
  readonly set?: CifarName
  /** Which classes of CIFAR-100: the 100, or the 20 that they are grouped in. Default `'fine'`. */
  readonly labels?: 'fine' | 'coarse'
}

const optionKeys: KnownKeys<CifarOptions> = { split: true, set: true, labels: true }

/**
 * CIFAR-10 or CIFAR-100 (Krizhevsky), RGB images of 32 × 32: the binary version (`data_batch_1.bin`, `train.bin`) or the Python version
 * (`data_batch_1`, `train`), whichever is there. Pickles are read as data: nothing is executed. All images are in memory: 154 MB for
 * the training images, and as much again while a pickle of CIFAR-100 is read.
 * @param path the folder of an unpacked archive, such as `cifar-10-batches-bin`, or the folder that this is in.
 * @throws {CascadeError} of code `input` if an option is wrong; of code `data` if files are missing, or damaged: the file is named.
 */
export async function cifar(path: string, options: CifarOptions): Promise<LabelledDataset> {
  const where = 'cifar'
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(path)}`)
  checkOptions(where, options, optionKeys)
  const split = checkOneOf(where, 'a split', options.split, ['train', 'test'])
  const labels = checkOneOf(where, 'labels', options.labels ?? 'fine', ['fine', 'coarse'])
  const wanted =
    options.set === undefined ? undefined : checkOneOf(where, 'a set', options.set, ['cifar10', 'cifar100'])
  const files = findCifar(path, split, wanted)
  if (labels === 'coarse' && files.set === 'cifar10')
    throw new CascadeError('input', `${where}: expected fine labels of CIFAR-10, as it has no others, got 'coarse'`)
  const images = files.binary ? await readBinary(files, labels) : await readPickled(files, labels)
  return imageDataset(datasetOf(files, split, images))
}

function datasetOf({ set }: CifarFiles, split: string, { data, labels, classNames }: CifarImages) {
  return {
    name: `${set === 'cifar10' ? 'CIFAR-10' : 'CIFAR-100'} ${split}`,
    images: { shape: [labels.length, side, side, 3], data },
    labels,
    classNames,
  }
}
