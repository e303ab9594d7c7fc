export { type ByteImages, toUint8 } from './byte-images.ts'
export { type DicebearOptions, type DicebearStyle, loadDicebear } from './dicebear.ts'
export { parseIdx } from './idx.ts'
export {
  batch,
  classIndex,
  type ImageBatch,
  type ImageDataset,
  type ImageDatasetOptions,
  imageDataset,
} from './image-dataset.ts'
export { type ImageGridOptions, imageGrid } from './image-grid.ts'
export { loadMnist, type MnistOptions } from './mnist.ts'
export { encodePng } from './png.ts'
export { resizeArea, resized } from './resize-area.ts'
export { shuffledIndices } from './shuffled-indices.ts'
