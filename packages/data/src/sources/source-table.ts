import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { npzEntry } from '../arrays/npz-entry.ts'
import { cifarEntry } from '../cifar/cifar-entry.ts'
import { imageFolderEntry } from '../folder/image-folder-entry.ts'
import { idxEntry } from '../idx/idx-entry.ts'
import { imageNetEntry } from '../imagenet/image-net-entry.ts'
import { lsunEntry } from '../lmdb/lsun-entry.ts'
import { parquetEntry } from '../parquet/parquet-entry.ts'
import { preparedEntry } from '../prepare/prepared-entry.ts'
import { tarShardsEntry } from '../tar/tar-shards-entry.ts'

/** The sources of files, by name. */
export const sources = table('a source of images', [
  imageFolderEntry,
  imageNetEntry,
  lsunEntry,
  tarShardsEntry,
  parquetEntry,
  npzEntry,
  cifarEntry,
  idxEntry,
  preparedEntry,
])

/** A source of files by its name: a JSON value, such as `{ name: 'tar-shards', path: 'train-{000..146}.tar', label: 'cls' }`. */
export type SourceConfig = ConfigOf<typeof sources>
