// Prepares images in a folder until it is killed: for prepare-images.test.ts.
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { resize } from '../transforms/resize.ts'
import { transformed } from '../transforms/transformed.ts'
import { drawnSource } from './drawn-source.ts'
import { prepareImages } from './prepare-images.ts'

const [images = '', folder = '', format] = process.argv.slice(2)
await prepareImages(transformed(drawnSource(images, 60), centerCrop(), resize({ size: 16 })), folder, {
  format: format as 'npy' | 'tar',
  shardImages: 7,
  workers: 0,
  progress: () => process.stdout.write('.'),
})
