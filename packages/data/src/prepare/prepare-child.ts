// Prepares images in a folder until it is killed: for prepare-images.test.ts.
import { drawnSource } from './drawn-source.ts'
import { prepareImages } from './prepare-images.ts'

const [images = '', folder = '', format] = process.argv.slice(2)
await prepareImages(drawnSource(images, 60), folder, {
  transforms: [{ name: 'center-crop' }, { name: 'resize', size: 16 }],
  format: format as 'npy' | 'tar',
  shardImages: 7,
  workers: 0,
  progress: () => process.stdout.write('.'),
})
