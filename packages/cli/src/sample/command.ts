import { samplingInputs } from '../cascade/sampling-inputs.ts'
import { command } from '../command.ts'
import { backendOption } from '../engine/backend-option.ts'
import { flag, integer, many, text } from '../inputs.ts'

export const sampleCommand = command({
  name: 'sample',
  summary: 'sample images from a trained cascade',
  about:
    'PATH is the folder of a run, its cascade folder, or any saved cascade, or the URL of one. The images are PNG files in a folder, or one ' +
    '.npz file as evaluations read it. The same call resumes; a larger --count adds images to a folder.',
  arguments: {
    path: text('a run or a saved cascade', { value: 'PATH', required: true }),
  },
  options: {
    out: text('where to write: a folder, or a file that ends in .npz', { value: 'PATH', default: 'samples' }),
    count: integer('the number of images', { from: 1, default: 16 }),
    label: many(
      text('a class, by name or number; several are taken in turn; without one all classes are', { value: 'CLASS' }),
    ),
    grid: text('also write all images as one picture', { value: 'FILE.png' }),
    allStages: flag('write the images of every stage, not of the last one alone'),
    to: text('the last stage to sample', { value: 'STAGE' }),
    seed: integer('another seed gives other images', { default: 0 }),
    batchSize: integer('images sampled at a time', { from: 1, default: 16 }),
    ...samplingInputs,
    backend: backendOption,
  },
  examples: [
    { call: 'sample runs/flowers', does: '16 images in samples/' },
    {
      call: 'sample runs/flowers --label rose --label tulip --count 64 --grid flowers.png',
      does: 'of two classes, and as one picture',
    },
    { call: 'sample runs/flowers --count 10000 --out samples.npz', does: 'for an evaluation' },
  ],
  interrupted: 'The images so far are kept: the same command resumes.',
  run: () => import('./run.ts'),
})
