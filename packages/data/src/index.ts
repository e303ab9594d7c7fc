export { type Batches, type ImageBatchesOptions, imageBatches } from './batches/image-batches.ts'
export { type ImageBatch, type LabelledBatch, readBatch } from './batches/read-batch.ts'
export { shuffledIndices } from './batches/shuffled-indices.ts'
export { type ByteImages, fromUint8, toUint8 } from './images/byte-images.ts'
export { decodePng } from './images/decode-png.ts'
export { type ImageGridOptions, imageGrid } from './images/image-grid.ts'
export { type ImageSize, imageSize, shownSize, sizeSchema } from './images/image-size.ts'
export { encodePng } from './images/png.ts'
export { resizeArea } from './images/resize-area.ts'
export { checkSource } from './sources/check-source.ts'
export { classIndex } from './sources/class-index.ts'
export { type DicebearOptions, type DicebearStyle, loadDicebear } from './sources/dicebear.ts'
export { parseIdx } from './sources/idx.ts'
export {
  type ImageDataset,
  type ImageDatasetOptions,
  imageDataset,
  type LabelledDataset,
  type LabelledDatasetOptions,
} from './sources/image-dataset.ts'
export type { ImageSource, LabelledSource, ReadImages, ReadOptions } from './sources/image-source.ts'
export { loadMnist, type MnistOptions } from './sources/mnist.ts'
export { type PngFolder, type PngFolderOptions, pngFolder } from './sources/png-folder.ts'
export { type CenterCropConfig, type CenterCropOptions, centerCrop } from './transforms/center-crop.ts'
export { describeSource, type SourceDescription } from './transforms/describe-source.ts'
export type { ImageTransform } from './transforms/image-transform.ts'
export { type PadConfig, type PadOptions, pad } from './transforms/pad.ts'
export { type RandomFlipConfig, type RandomFlipOptions, randomFlip } from './transforms/random-flip.ts'
export { type RandomShiftConfig, type RandomShiftOptions, randomShift } from './transforms/random-shift.ts'
export { type ResizeConfig, type ResizeOptions, resize } from './transforms/resize.ts'
export { type TransformConfig, transformOf, transforms } from './transforms/transform-of.ts'
export { type TransformedSource, transformed } from './transforms/transformed.ts'
