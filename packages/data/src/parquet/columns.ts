import { CascadeError } from '@cascade-diffusion/checks'
import type { Column, ParquetFile } from './parquet-file.ts'

/** The columns of an image: of its bytes, and of the path that it came from. */
export interface ImageColumns {
  readonly bytes: Column
  readonly path?: Column
}

/** @throws {CascadeError} of code `data` unless the file has a column of images of that name, with bytes in it. */
export function imageColumns(file: ParquetFile, image: string): ImageColumns {
  const [bytes, path] = [
    file.columns.get(`${image}.bytes`) ?? file.columns.get(image),
    file.columns.get(`${image}.path`),
  ]
  if (bytes?.type !== 'bytes')
    throw new CascadeError(
      'data',
      `${file.path}: expected a column '${image}' of images, bytes or a struct with bytes, got ${columnsOf(file)}`,
    )
  checkSupported(file, bytes)
  const rows = file.groupRows.reduce((sum, n) => sum + n, 0)
  if (rows > 0 && bytes.nulls === rows && path)
    throw pathOnly(`${file.path}: expected images in column '${image}', got paths only`)
  return { bytes, path: path?.type === 'text' && path.unsupported === undefined ? path : undefined }
}

/** @throws {CascadeError} of code `data` unless the file has a column of labels of that name. */
export function labelColumn(file: ParquetFile, label: string): Column {
  const column = file.columns.get(label)
  if (!column || !['text', 'INT32', 'INT64', 'BOOLEAN'].includes(column.type))
    throw new CascadeError(
      'data',
      `${file.path}: expected a column '${label}' of labels, whole numbers or texts, got ${columnsOf(file)}`,
    )
  checkSupported(file, column)
  return column
}

function checkSupported({ path }: ParquetFile, { name, unsupported }: Column): void {
  if (unsupported !== undefined)
    throw new CascadeError('unsupported', `${path}: column ${name}: expected one value a row, got ${unsupported}`)
}

/** Columns that an error lists. */
const listed = 20

function columnsOf({ columns }: ParquetFile): string {
  const all = [...columns.values()].map(({ name, type }) => `'${name}' (${type})`)
  return [...all.slice(0, listed), ...(all.length > listed ? [`${all.length - listed} more`] : [])].join(', ')
}

/** What to say of a row without an image. @param path that the image came from, if it is stored. */
export const noImage = (name: string, path: string | undefined): CascadeError =>
  path === undefined
    ? new CascadeError('data', `${name}: expected an image, got null`)
    : pathOnly(`${name}: expected an image, got a path only, '${path}'`)

const pathOnly = (what: string): CascadeError =>
  new CascadeError(
    'data',
    `${what}: the pictures were not embedded. Dataset.to_parquet stores only the paths of pictures from files. ` +
      'Write the file again with the pictures in it: `from datasets.table import embed_table_storage`, then ' +
      "`dataset.with_format('arrow').map(embed_table_storage, batched=True).with_format(None).to_parquet(…)`",
  )
