import {
  admCrop,
  bigganCrop,
  centerCrop,
  type ImageTransform,
  prepareImages,
  resize,
  resizeCrop,
  type SplitName,
  transformed,
} from '@cascade-diffusion/data'
import { checkFolder } from '../../check-folder.ts'
import type { CommandIo, CommandResult } from '../../command.ts'
import { withProgress } from '../../progress/with-progress.ts'
import { UsageError } from '../../usage-error.ts'
import { imagesAt } from '../images-at.ts'

type Crop = 'center' | 'torchvision' | 'adm' | 'biggan' | 'none'

/** How images become squares of a size. */
const crops: Readonly<Record<Crop, (size: number) => readonly ImageTransform[]>> = {
  center: (size) => [centerCrop(), resize({ size })],
  torchvision: (size) => [resizeCrop({ size })],
  adm: (size) => [admCrop({ size })],
  biggan: (size) => [bigganCrop({ size })],
  none: (size) => [resize({ size })],
}

interface Values {
  readonly path: string
  readonly folder: string
  readonly size: number | undefined
  readonly crop: Crop | undefined
  readonly format: 'npy' | 'tar'
  readonly shardImages: number | undefined
  readonly unreadable: 'fail' | 'skip'
  readonly split: SplitName | undefined
}

/** Runs the command `data prepare`. */
export async function run(
  { path, folder, size, crop, format, shardImages, unreadable, split }: Values,
  io: CommandIo,
): Promise<CommandResult> {
  if (crop !== undefined && size === undefined) throw new UsageError('--crop: expected --size too')
  await checkFolder(folder, 'FOLDER')
  const images = await imagesAt(path, split)
  if (size === undefined && format === 'npy' && !images.size)
    throw new UsageError('expected --size, as the images differ in size; --format tar keeps their sizes')
  const source = size === undefined ? images : transformed(images, ...crops[crop ?? 'center'](size))
  const copy = await withProgress('preparing', io, (progress) =>
    prepareImages(source, folder, { format, shardImages, unreadable, progress, signal: io.signal }),
  )
  const { count, made, manifest } = copy
  const left = copy.unreadable.map(({ error }) => `left out: ${error}`)
  return {
    lines: [
      ...left.slice(0, 10),
      ...(left.length > 10 ? [`left out: ${left.length - 10} others, see ${manifest}`] : []),
      `${folder}: ${count.toLocaleString('en-US')} images${made === 0 ? ', nothing was missing' : ''}`,
    ],
    json: { count, made, unreadable: copy.unreadable },
    written: [{ what: 'images', path: folder }],
  }
}
