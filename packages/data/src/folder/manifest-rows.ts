import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream'
import { CascadeError, isCascadeError, shown } from '@cascade-diffusion/checks'
import { parse } from 'csv-parse'

/** A row of a table of files. */
export interface ManifestRow {
  /** The number of its line in the file, from 1. */
  readonly line: number
  readonly file: string
  readonly label?: string
}

/** Which columns are read. */
export interface Columns {
  readonly file: string
  readonly label?: string
}

const readers = { '.csv': csvRows(','), '.tsv': csvRows('\t'), '.jsonl': jsonRows, '.ndjson': jsonRows }

/**
 * The rows of a table, one after the other: CSV or TSV with a line of names first, or JSON lines, as the file's ending
 * says.
 * @throws {CascadeError} of code `file` if the table cannot be read; of code `data`, with the line, if a row or a
 * column is wrong.
 */
export async function* manifestRows(path: string, columns: Columns): AsyncGenerator<ManifestRow> {
  const read = readers[extname(path).toLowerCase() as keyof typeof readers]
  if (!read) {
    const endings = Object.keys(readers).join(', ')
    throw new CascadeError('input', `manifest: expected a file that ends in ${endings}, got ${shown(path)}`)
  }
  try {
    yield* read(path, columns)
  } catch (cause) {
    if (isCascadeError(cause)) throw cause
    const isFile = (cause as NodeJS.ErrnoException).syscall !== undefined
    throw new CascadeError(isFile ? 'file' : 'data', `${path}: could not be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}

type Rows = (path: string, columns: Columns) => AsyncGenerator<ManifestRow>

function csvRows(delimiter: string): Rows {
  return async function* (path, columns) {
    const parser = parse({ bom: true, delimiter, info: true, skip_empty_lines: true, relax_column_count: true })
    // Whatever ends one stream ends the other, so the file is closed.
    const records = pipeline(createReadStream(path), parser, () => {})
    let places: { readonly file: number; readonly label: number } | undefined
    for await (const { record, info } of records as AsyncIterable<CsvRecord>) {
      const where = `${path}, line ${info.lines}`
      if (places === undefined) {
        places = {
          file: placeOf(where, record, 'file', columns.file),
          label: columns.label === undefined ? -1 : placeOf(where, record, 'label', columns.label),
        }
        continue
      }
      yield {
        line: info.lines,
        file: textOf(where, columns.file, record[places.file]),
        label: columns.label === undefined ? undefined : textOf(where, columns.label, record[places.label]),
      }
    }
  }
}

interface CsvRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

function placeOf(where: string, names: readonly string[], option: keyof Columns, name: string): number {
  const place = names.indexOf(name)
  if (place >= 0) return place
  const got = names.slice(0, 10).join(', ')
  throw new CascadeError(
    'data',
    `${where}: expected a column '${name}', the name in manifest.${option}, got the columns ${got}`,
  )
}

async function* jsonRows(path: string, columns: Columns): AsyncGenerator<ManifestRow> {
  const input = createReadStream(path)
  try {
    let line = 0
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (text.trim() === '') continue
      const where = `${path}, line ${line}`
      const row = parsed(where, line === 1 ? text.replace(/^\ufeff/, '') : text)
      yield {
        line,
        file: textOf(where, columns.file, row[columns.file]),
        label: columns.label === undefined ? undefined : textOf(where, columns.label, row[columns.label]),
      }
    }
  } finally {
    input.destroy()
  }
}

function parsed(where: string, text: string): Readonly<Record<string, unknown>> {
  let row: unknown
  try {
    row = JSON.parse(text)
  } catch (cause) {
    throw new CascadeError('data', `${where}: expected JSON: ${(cause as Error).message}`, { cause })
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Record<string, unknown>
  throw new CascadeError('data', `${where}: expected an object, got ${shown(row)}`)
}

/** A text that is not empty; numbers count as texts. */
function textOf(where: string, column: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw new CascadeError('data', `${where}: expected a text in '${column}', got ${shown(value)}`)
}
