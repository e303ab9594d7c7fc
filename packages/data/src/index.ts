// What needs files; the rest is in everywhere.ts.

export { type NpzConfig, npzEntry } from './arrays/npz-entry.ts'
export { type LabelledNpz, type NpzImages, type NpzImagesOptions, npzImages } from './arrays/npz-images.ts'
export { type CifarName, type CifarOptions, cifar } from './cifar/cifar.ts'
export { type CifarConfig, cifarEntry } from './cifar/cifar-entry.ts'
export { type DecodeOptions, decodeImage } from './decode/decode-image.ts'
export * from './everywhere.ts'
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
export { imageLoader } from './loader/image-loader.ts'
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
export type { HashingOptions } from './selection/content-hashes.ts'
export { type Split, type SplitOptions, splitByContent } from './selection/split-by-content.ts'
export type { EncodedBytes, EncodedImage, EncodedImages, FileRange, LocatedImages } from './sources/encoded-images.ts'
export { type EncodedSource, type EncodedSourceOptions, encodedSource } from './sources/encoded-source.ts'
export { type SourceConfig, sources } from './sources/source-table.ts'
export type { SkippedSamples } from './tar/index-shard.ts'
export type { TarShardsProgress } from './tar/index-shards.ts'
export { type LabelledTarShards, type TarShards, type TarShardsOptions, tarShards } from './tar/tar-shards.ts'
export { type TarShardsConfig, tarShardsEntry } from './tar/tar-shards-entry.ts'
export { type TarEntry, type WrittenTar, writeTar } from './tar/write-tar.ts'
