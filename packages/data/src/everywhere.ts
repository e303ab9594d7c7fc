// What Node.js and browsers have alike: all that needs no files.

export type { ImageBatch, LabelledBatch } from './batches/image-batch.ts'
export { readBatch } from './batches/read-batch.ts'
export { shuffledIndices } from './batches/shuffled-indices.ts'
export { convertChannels } from './decode/convert-channels.ts'
export { type ByteImages, fromUint8, toUint8 } from './images/byte-images.ts'
export { type ImageGridOptions, imageGrid } from './images/image-grid.ts'
export { type ImageSize, imageSize, shownSize, sizeSchema } from './images/image-size.ts'
export { encodePng } from './images/png.ts'
export type { Rank } from './loader/batch-order.ts'
export type { ImageLoader } from './loader/loader-by.ts'
export {
  checkLoading,
  type ImageLoaderOptions,
  type Loading,
  type SequentialOptions,
  type ShuffledOptions,
} from './loader/options.ts'
export type { SkippedImage, SkippedImages } from './loader/unreadable.ts'
export { type ResizeFilter, type ResizeImageOptions, resizeFilters, resizeImage } from './resize/resize-image.ts'
export { balancedClasses } from './selection/balanced-classes.ts'
export { concatenate } from './selection/concatenate.ts'
export type { SelectedSource } from './selection/selected.ts'
export { subset } from './selection/subset.ts'
export { takeClasses } from './selection/take-classes.ts'
export { checkSource } from './sources/check-source.ts'
export { classIndex } from './sources/class-index.ts'
export {
  type ImageDataset,
  type ImageDatasetOptions,
  imageDataset,
  type LabelledDataset,
  type LabelledDatasetOptions,
} from './sources/image-dataset.ts'
export type { ImageSource, LabelledSource, ReadImages, ReadOptions } from './sources/image-source.ts'
export { type AdmCropConfig, type AdmCropOptions, admCrop } from './transforms/crops/adm-crop.ts'
export {
  type AdmRandomCropConfig,
  type AdmRandomCropOptions,
  admRandomCrop,
} from './transforms/crops/adm-random-crop.ts'
export { type BigganCropConfig, type BigganCropOptions, bigganCrop } from './transforms/crops/biggan-crop.ts'
export { type CenterCropConfig, type CenterCropOptions, centerCrop } from './transforms/crops/center-crop.ts'
export { type RandomCropConfig, type RandomCropOptions, randomCrop } from './transforms/crops/random-crop.ts'
export {
  type RandomResizedCropConfig,
  type RandomResizedCropOptions,
  randomResizedCrop,
} from './transforms/crops/random-resized-crop.ts'
export { type ResizeCropConfig, type ResizeCropOptions, resizeCrop } from './transforms/crops/resize-crop.ts'
export { describeSource, type SourceDescription } from './transforms/describe-source.ts'
export type { ImageTransform } from './transforms/image-transform.ts'
export { type PadConfig, type PadOptions, pad } from './transforms/pad.ts'
export { type RandomFlipConfig, type RandomFlipOptions, randomFlip } from './transforms/random-flip.ts'
export { type RandomShiftConfig, type RandomShiftOptions, randomShift } from './transforms/random-shift.ts'
export { type ResizeConfig, type ResizeOptions, resize } from './transforms/resize.ts'
export { type TransformConfig, transformOf, transforms } from './transforms/transform-of.ts'
export { type TransformedSource, transformed } from './transforms/transformed.ts'
