import { samplingInputs } from '../cascade/sampling-inputs.ts'
import { command } from '../command.ts'
import { backendOption } from '../engine/backend-option.ts'
import { flag, integer, many, text } from '../inputs.ts'

export const upscaleCommand = command({
  name: 'upscale',
  summary: 'super-resolve images by the upper stages of a cascade',
  about:
    'PATH is the folder of a run, its cascade folder, or any saved cascade, or the URL of one. IMAGES are files, folders, or any set of ' +
    'images that `data inspect` knows. An image that is not as large as what a stage takes is cropped to its shape ' +
    'in the middle and resized. The same call resumes.',
  arguments: {
    path: text('a run or a saved cascade', { value: 'PATH', required: true }),
    images: many(text('the images', { value: 'IMAGES', required: true })),
  },
  options: {
    out: text('where to write: a folder of PNG files with the names of the images, or a file that ends in .npz', {
      value: 'PATH',
      default: 'upscaled',
    }),
    label: text('the class of all images, by name or number (that of their folders)', { value: 'CLASS' }),
    from: text('the first stage (the one whose input is nearest to the images)', { value: 'STAGE' }),
    to: text('the last stage (the last)', { value: 'STAGE' }),
    allStages: flag('write the images of every stage, not of the last one alone'),
    keepSize: flag('take the images as large as they are: all of one size, at least that of the stage'),
    seed: integer('another seed gives other details', { default: 0 }),
    batchSize: integer('images sampled at a time', { from: 1, default: 8 }),
    ...samplingInputs,
    backend: backendOption,
  },
  examples: [
    { call: 'upscale runs/flowers photo.jpg', does: 'upscaled/photo.png' },
    { call: 'upscale runs/flowers small --label rose --out large', does: 'all images of a folder, as roses' },
  ],
  interrupted: 'The images so far are kept: the same command resumes.',
  run: () => import('./run.ts'),
})
