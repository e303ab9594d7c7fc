import { CascadeError, shown } from '@cascade-diffusion/checks'
import { sortByCodePoints } from '../folder/code-points.ts'
import { withFile } from '../reading/file-bytes.ts'
import { checkClassNames } from '../sources/check-source.ts'
import { readChunk, type Value } from './page-values.ts'
import { inData, type ParquetFile } from './parquet-file.ts'

/** The labels of a set, and the classes that they are indices into. */
export interface Labels {
  readonly classNames: readonly string[]
  readonly labels: Int32Array
}

/** Without names, whole numbers are classes if they are below this. */
const maxClasses = 1_000_000

/**
 * Reads the labels of all rows of the files.
 * @param classNames of the caller. Default: those of a ClassLabel in the metadata; else the texts in the column in
 * code-point order, or the numbers from 0 to the largest one.
 */
export async function readLabels(
  files: readonly ParquetFile[],
  column: string,
  classNames: readonly string[] | undefined,
  each: () => void,
): Promise<Labels> {
  const count = files.reduce((sum, { groupRows }) => groupRows.reduce((a, b) => a + b, sum), 0)
  const labels = new Int32Array(count)
  const texts = new Map<string, number>()
  let hasNumbers = false
  const index = (value: Value, place: () => string): number => {
    if (typeof value === 'number') {
      hasNumbers = true
      if (value >= 0 && value < (classNames?.length ?? maxClasses)) return value
      throw wrongLabel(place(), value, classNames)
    }
    if (value === undefined)
      throw new CascadeError(
        'data',
        `${place()}: expected a label, got null; label: false reads the images without labels`,
      )
    const text = decoder.decode(value)
    const known = texts.get(text)
    if (known !== undefined) return known
    const at = classNames ? classNames.indexOf(text) : texts.size
    if (at < 0) throw wrongLabel(place(), text, classNames)
    texts.set(text, at)
    return at
  }
  let row = 0
  for (const { path, columns } of files) {
    let fileRow = 0
    for (const [group, chunk] of (columns.get(column)?.chunks ?? []).entries()) {
      each()
      const where = `${path}: row group ${group}, column ${column}`
      const values = await withFile(path, (read) => inData(where, () => readChunk(read, chunk)))
      for (const value of values) {
        labels[row++] = index(value, () => `${path}: row ${fileRow}, column ${column}`)
        fileRow++
      }
    }
  }
  if (classNames) return { classNames, labels }
  if (hasNumbers) {
    const most = labels.reduce((a, b) => Math.max(a, b), 0)
    return { classNames: Array.from({ length: most + 1 }, (_, i) => `${i}`), labels }
  }
  const order = sortByCodePoints([...texts.keys()])
  const ranks = new Map(order.map((text, i) => [text, i]))
  const places = Int32Array.from(texts.keys(), (text) => ranks.get(text) as number)
  return { classNames: order, labels: labels.map((label) => places[label] as number) }
}

const decoder = new TextDecoder()

function wrongLabel(place: string, value: string | number, classNames: readonly string[] | undefined): CascadeError {
  const some = classNames?.slice(0, 10).join(', ')
  const among = typeof value === 'number' ? `from 0 to ${(classNames?.length ?? 0) - 1}` : some
  const expected = classNames ? `one of the ${classNames.length} classes, ${among}` : 'a whole number from 0'
  const advice = value === -1 ? ' (which stands for no label); label: false reads the images without labels' : ''
  return new CascadeError('data', `${place}: expected a label, ${expected}, got ${shown(value)}${advice}`)
}

/**
 * The class names that Hugging Face's metadata gives a column, of all files.
 * @throws {CascadeError} of code `data` if files disagree.
 */
export function classNamesOf(files: readonly ParquetFile[], column: string): readonly string[] | undefined {
  let first: { readonly path: string; readonly names: readonly string[] } | undefined
  for (const { path, metadata } of files) {
    const names = featureNames(metadata.get('huggingface'), column)
    if (!names) continue
    checkClassNames(`${path}: column ${column}`, names)
    first ??= { path, names }
    const differs = names.length !== first.names.length || names.some((name, i) => name !== first?.names[i])
    if (!differs) continue
    const some = (list: readonly string[]) => `${list.length} (${list.slice(0, 5).join(', ')})`
    throw new CascadeError(
      'data',
      'parquetImages: expected the same classes in all files, ' +
        `got ${some(names)} in ${path} and ${some(first.names)} in ${first.path}`,
    )
  }
  return first?.names
}

/** `{ "info": { "features": { "label": { "_type": "ClassLabel", "names": [...] } } } }` */
function featureNames(json: string | undefined, column: string): readonly string[] | undefined {
  if (json === undefined) return undefined
  try {
    const names = JSON.parse(json)?.info?.features?.[column]?.names
    return Array.isArray(names) ? names : undefined
  } catch {
    // Metadata of others is not what was asked for.
    return undefined
  }
}
