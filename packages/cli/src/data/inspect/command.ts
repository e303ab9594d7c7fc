import { command } from '../../command.ts'
import { integer, text } from '../../inputs.ts'
import { splitOption } from '../split-option.ts'

export const inspectCommand = command({
  name: 'inspect',
  summary: 'look at a set of images: classes, sizes, forms, duplicates, unreadable files',
  about:
    'PATH is a folder of images, whose subfolders are classes; ImageNet; LMDB files of LSUN; tar shards of WebDataset; ' +
    'parquet files; an .npz or .npy file; CIFAR; IDX files; or a folder that `data prepare` wrote. The JSON of a ' +
    'source\'s configuration says more: \'{ "name": "parquet", "path": "a.parquet", "image": "photo" }\'.',
  arguments: { path: text('the images', { value: 'PATH', required: true }) },
  options: {
    split: splitOption,
    sample: integer('look at N images spread over the set, not at all', { from: 1 }),
    page: text('write an HTML page too, with a contact sheet', { value: 'FILE' }),
  },
  examples: [
    { call: 'data inspect photos', does: 'what is in a folder' },
    { call: 'data inspect photos --sample 1000 --page photos.html', does: 'a page with a contact sheet' },
  ],
  exitCodes: { 0: 'done, also if images cannot be read: they are listed' },
  run: () => import('./run.ts'),
})
