import {
  admCrop,
  bigganCrop,
  centerCrop,
  type ImageTransform,
  prepareImages,
  resize,
  resizeCrop,
  transformed,
} from '@cascade-diffusion/data'
import { checkFolder } from '../check-folder.ts'
import { type CommandIo, oneOf, parsed, UsageError, wholeNumber } from '../command.ts'
import { imagesAt, imagesOptions } from './images-at.ts'
import { withProgress } from './with-progress.ts'

/** How images become squares of a size. */
const crops: Readonly<Record<string, (size: number) => readonly ImageTransform[]>> = {
  center: (size) => [centerCrop(), resize({ size })],
  torchvision: (size) => [resizeCrop({ size })],
  adm: (size) => [admCrop({ size })],
  biggan: (size) => [bigganCrop({ size })],
  none: (size) => [resize({ size })],
}

/** Runs the command `prepare`. @returns the exit code. */
export async function runPrepare(args: readonly string[], { log, signal }: CommandIo): Promise<number> {
  const { positionals, values } = parsed(
    args,
    {
      ...imagesOptions,
      size: { type: 'string' },
      crop: { type: 'string' },
      format: { type: 'string', default: 'npy' },
      'shard-images': { type: 'string' },
      unreadable: { type: 'string', default: 'fail' },
    },
    true,
  )
  const [path, folder, ...rest] = positionals
  if (folder === undefined) throw new UsageError('expected a path and a folder')
  if (rest.length > 0) throw new UsageError(`expected a path and a folder, got ${positionals.join(' ')}`)
  if (values.crop !== undefined && values.size === undefined) throw new UsageError('--crop: expected --size too')
  const crop = oneOf('--crop', Object.keys(crops), values.crop ?? 'center')
  const format = oneOf('--format', ['npy', 'tar'], values.format)
  const unreadable = oneOf('--unreadable', ['fail', 'skip'], values.unreadable)
  const numberOf = (name: 'size' | 'shard-images') =>
    values[name] === undefined ? undefined : wholeNumber(name, values[name], 1)
  const [size, shardImages] = [numberOf('size'), numberOf('shard-images')]
  await checkFolder(folder, 'FOLDER')
  const images = await imagesAt(path, values.split)
  if (size === undefined && format === 'npy' && !images.size)
    throw new UsageError('expected --size, as the images differ in size; --format tar keeps their sizes')
  const source = size === undefined ? images : transformed(images, ...crops[crop]!(size))
  const copy = await withProgress('preparing', (progress) =>
    prepareImages(source, folder, { format, shardImages, unreadable, progress, signal }),
  )
  for (const { error } of copy.unreadable.slice(0, 10)) log(`left out: ${error}`)
  if (copy.unreadable.length > 10) log(`left out: ${copy.unreadable.length - 10} others, see ${copy.manifest}`)
  log(`${folder}: ${copy.count.toLocaleString('en-US')} images${copy.made === 0 ? ', nothing was missing' : ''}`)
  return 0
}
