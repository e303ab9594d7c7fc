import { command } from '../../command.ts'
import { integer, oneOf, text } from '../../inputs.ts'
import { splitOption } from '../split-option.ts'

export const prepareCommand = command({
  name: 'prepare',
  summary: 'copy a set of images at a smaller size, in shards, for training',
  about:
    'PATH is as for `cascade-diffusion data inspect`. FOLDER gets the shards and manifest.json; `preparedImages` of ' +
    '@cascade-diffusion/data reads it, and so do NumPy (npy) or WebDataset (tar).',
  arguments: {
    path: text('the images', { value: 'PATH', required: true }),
    folder: text('where to write', { value: 'FOLDER', required: true }),
  },
  options: {
    size: integer('height and width of the copies; without it, images stay as they are', { from: 1 }),
    crop: oneOf(
      ['center', 'torchvision', 'adm', 'biggan', 'none'],
      'how they become squares; without it, center. center: the largest square, averaged; torchvision: Resize and ' +
        "CenterCrop, bilinear; adm: as OpenAI's code, halved, then bicubic, then cut; biggan: the largest square, as " +
        "BigGAN's code; none: squeezed",
    ),
    format: oneOf(['npy', 'tar'], 'arrays of NumPy, or PNG files in tars', { value: 'FORMAT', default: 'npy' }),
    shardImages: integer('images in a shard, not as many as 128 MiB of pixels', { from: 1 }),
    unreadable: oneOf(['fail', 'skip'], 'what an image does that cannot be read: skipped ones are listed', {
      value: 'WHAT',
      default: 'fail',
    }),
    split: splitOption,
  },
  examples: [{ call: 'data prepare photos photos-64 --size 64', does: 'squares of 64×64' }],
  interrupted: 'The shards that are whole are kept: the same command resumes, to the same bytes.',
  run: () => import('./run.ts'),
})
