import { prepareImages, type TransformConfig } from '@cascade-diffusion/data'
import { checkFolder } from '../check-folder.ts'
import { type CommandIo, oneOf, parsed, UsageError, wholeNumber } from '../command.ts'
import { imagesAt, imagesOptions } from './images-at.ts'
import { withProgress } from './with-progress.ts'

/** How images become squares of a size. */
const crops: Readonly<Record<string, (size: number) => readonly TransformConfig[]>> = {
  center: (size) => [{ name: 'center-crop' }, { name: 'resize', size }],
  torchvision: (size) => [{ name: 'resize-crop', size }],
  adm: (size) => [{ name: 'adm-crop', size }],
  biggan: (size) => [{ name: 'biggan-crop', size }],
  none: (size) => [{ name: 'resize', size }],
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
  const source = await imagesAt(path, values.split)
  const transforms = size === undefined ? [] : crops[crop]!(size)
  const copy = await withProgress('preparing', (progress) =>
    prepareImages(source, folder, { transforms, format, shardImages, unreadable, progress, signal }),
  )
  for (const { error } of copy.unreadable.slice(0, 10)) log(`left out: ${error}`)
  if (copy.unreadable.length > 10) log(`left out: ${copy.unreadable.length - 10} others, see ${copy.manifest}`)
  log(`${folder}: ${copy.count.toLocaleString('en-US')} images${copy.made === 0 ? ', nothing was missing' : ''}`)
  return 0
}
