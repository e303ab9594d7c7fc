// Images in files.

export {
  cifar,
  decodeImage,
  idxImages,
  imageFolder,
  imageNet,
  lsunLmdb,
  npzImages,
  openImages,
  parquetImages,
  preparedImages,
  prepareImages,
  splitByContent,
  tarShards,
} from '@cascade-diffusion/data'
