export { type NpzConfig, npzEntry } from './arrays/npz-entry.ts'
export { type LabelledNpz, type NpzImages, type NpzImagesOptions, npzImages } from './arrays/npz-images.ts'
export type { ImageBatch, LabelledBatch } from './batches/image-batch.ts'
export { readBatch } from './batches/read-batch.ts'
export { shuffledIndices } from './batches/shuffled-indices.ts'
export { type CifarName, type CifarOptions, cifar } from './cifar/cifar.ts'
export { type CifarConfig, cifarEntry } from './cifar/cifar-entry.ts'
export { convertChannels } from './decode/convert-channels.ts'
export { type DecodeOptions, decodeImage } from './decode/decode-image.ts'
export {
  type ImageFolder,
  type ImageFolderOptions,
  imageExtensions,
  imageFolder,
  type LabelledFolderOptions,
  type LabelledImageFolder,
} from './folder/image-folder.ts'
export { type ImageFolderConfig, imageFolderEntry } from './folder/image-folder-entry.ts'
export type { Manifest } from './folder/manifest.ts'
export { type IdxConfig, idxEntry } from './idx/idx-entry.ts'
export { type IdxOptions, idxImages, type LabelledIdxOptions } from './idx/idx-images.ts'
export { parseIdx } from './idx/parse-idx.ts'
export { type ImageNetOptions, type ImageNetSource, imageNet } from './imagenet/image-net.ts'
export { type ImageNetConfig, imageNetEntry } from './imagenet/image-net-entry.ts'
export { type ByteImages, fromUint8, toUint8 } from './images/byte-images.ts'
export { type ImageGridOptions, imageGrid } from './images/image-grid.ts'
export { type ImageSize, imageSize, shownSize, sizeSchema } from './images/image-size.ts'
export { encodePng } from './images/png.ts'
export type { ContactSheet, SheetRow } from './inspect/contact-sheet.ts'
export { type InspectedImages, type InspectOptions, inspectImages } from './inspect/inspect-images.ts'
export type {
  DuplicateFigures,
  Inspection,
  NamedImage,
  Share,
  SizeFigures,
  Spread,
  StoredFigures,
} from './inspect/inspection.ts'
export { inspectionPage } from './inspect/inspection-page.ts'
export { inspectionText } from './inspect/inspection-text.ts'
export { type ImageSurvey, type SampledSizes, type SurveyOptions, surveyImages } from './inspect/survey-images.ts'
export { type LsunConfig, lsunEntry } from './lmdb/lsun-entry.ts'
export { type LabelledLsun, type LsunClasses, type LsunOptions, lsunLmdb } from './lmdb/lsun-lmdb.ts'
export { type Lmdb, type LmdbEntry, type LmdbOptions, type LmdbPlace, openLmdb } from './lmdb/open-lmdb.ts'
export type { LmdbValue } from './lmdb/values.ts'
export type { Rank } from './loader/batch-order.ts'
export { imageLoader } from './loader/image-loader.ts'
export type { ImageLoader } from './loader/loader-by.ts'
export {
  checkLoading,
  type ImageLoaderOptions,
  type Loading,
  type SequentialOptions,
  type ShuffledOptions,
} from './loader/options.ts'
export type { SkippedImage, SkippedImages } from './loader/unreadable.ts'
export { type OpenImagesOptions, openImages, recogniseImages } from './opening/open-images.ts'
export type { SplitName } from './opening/recognise-folder.ts'
export { type ParquetConfig, parquetEntry } from './parquet/parquet-entry.ts'
export { type LabelledParquet, type ParquetImagesOptions, parquetImages } from './parquet/parquet-images.ts'
export type {
  LeftOutImage,
  PreparedManifest,
  PreparedSettings,
  PreparedShard,
  ShardFile,
  ShardFormat,
} from './prepare/manifest.ts'
export type { PrepareOptions } from './prepare/options.ts'
export { type PreparedCopy, prepareImages } from './prepare/prepare-images.ts'
export { type PreparedConfig, preparedEntry } from './prepare/prepared-entry.ts'
export { type PreparedOptions, type PreparedSource, preparedImages } from './prepare/prepared-images.ts'
export type { FileVersion } from './reading/open-file.ts'
export { type ResizeFilter, type ResizeImageOptions, resizeFilters, resizeImage } from './resize/resize-image.ts'
export { balancedClasses } from './selection/balanced-classes.ts'
export { concatenate } from './selection/concatenate.ts'
export type { HashingOptions } from './selection/content-hashes.ts'
export type { SelectedSource } from './selection/selected.ts'
export { type Split, type SplitOptions, splitByContent } from './selection/split-by-content.ts'
export { subset } from './selection/subset.ts'
export { takeClasses } from './selection/take-classes.ts'
export { checkSource } from './sources/check-source.ts'
export { classIndex } from './sources/class-index.ts'
export type { EncodedBytes, EncodedImage, EncodedImages, FileRange, LocatedImages } from './sources/encoded-images.ts'
export { type EncodedSource, type EncodedSourceOptions, encodedSource } from './sources/encoded-source.ts'
export {
  type ImageDataset,
  type ImageDatasetOptions,
  imageDataset,
  type LabelledDataset,
  type LabelledDatasetOptions,
} from './sources/image-dataset.ts'
export type { ImageSource, LabelledSource, ReadImages, ReadOptions } from './sources/image-source.ts'
export { type SourceConfig, sources } from './sources/source-table.ts'
export type { SkippedSamples } from './tar/index-shard.ts'
export type { TarShardsProgress } from './tar/index-shards.ts'
export { type LabelledTarShards, type TarShards, type TarShardsOptions, tarShards } from './tar/tar-shards.ts'
export { type TarShardsConfig, tarShardsEntry } from './tar/tar-shards-entry.ts'
export { type TarEntry, type WrittenTar, writeTar } from './tar/write-tar.ts'
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
