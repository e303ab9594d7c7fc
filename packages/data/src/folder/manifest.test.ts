import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test, vi } from 'vitest'
import { type ImageFolder, imageFolder, type LabelledImageFolder } from './image-folder.ts'

/** A folder of images and a table. */
function tableOf(name: string, text: string): { readonly folder: string; readonly path: string } {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'x'))
  for (const file of ['1.png', '2.png', 'x/3.png', 'x/4.data', 'no, 5.png']) writeFileSync(join(folder, file), '')
  writeFileSync(join(folder, name), text)
  return { folder, path: join(folder, name) }
}

const pathsOf = ({ count, nameOf }: ImageFolder) => Array.from({ length: count }, (_, i) => nameOf(i))
const labelsOf = async (source: LabelledImageFolder) => [...(await source.readLabels())]

test('CSV: quotes, commas, lines in quotes, a byte-order mark; in the order of its rows', async () => {
  const text =
    '\ufefftext,file_name,label\r\n"a ""b""\nc",x/3.png,dog\r\n,"no, 5.png",cat\r\n\r\nlast,./x/../1.png,Dog\r\n'
  const { folder, path } = tableOf('metadata.csv', text)
  const source = await imageFolder(folder, { manifest: { path, label: 'label' } })
  expectTypeOf(source).toEqualTypeOf<LabelledImageFolder>()
  expect([source.classNames, pathsOf(source)]).toEqual([
    ['Dog', 'cat', 'dog'],
    ['x/3.png', 'no, 5.png', '1.png'],
  ])
  expect(await labelsOf(source)).toEqual([2, 1, 0])
  const { images, labels } = await source.encoded.locate([2, 0])
  expect([images.map((image) => 'path' in image && image.path), labels]).toEqual([
    [join(folder, '1.png'), join(folder, 'x/3.png')],
    [0, 2],
  ])
})

test('TSV and JSON lines, files of any ending and absolute paths; without a column of labels', async () => {
  const tsv = tableOf('files.tsv', 'file\tx\nx/4.data\t1\n2.png\t2\n')
  expect(pathsOf(await imageFolder(tsv.folder, { manifest: { path: tsv.path, file: 'file' } }))).toEqual([
    'x/4.data',
    '2.png',
  ])
  const json = tableOf('metadata.jsonl', '')
  const absolute = join(json.folder, '2.png')
  writeFileSync(json.path, `{"file_name": ${JSON.stringify(absolute)}, "text": "é"}\n\n{"file_name": "1.png"}`)
  const source = await imageFolder(json.folder, { manifest: { path: json.path } })
  expect([source.classNames, pathsOf(source)]).toEqual([undefined, [absolute, '1.png']])
  expect((await source.encoded.locate([0])).images).toEqual([{ name: absolute, path: absolute }])
})

test('classes that are numbers are in their order; given classes are meant by name or by index', async () => {
  const rows = [10, 9, 2, 9].map((label, i) => JSON.stringify({ file_name: i % 2 ? '1.png' : '2.png', label }))
  const { folder, path } = tableOf('m.jsonl', rows.join('\n'))
  const numbers = await imageFolder(folder, { manifest: { path, label: 'label' } })
  expect([numbers.classNames, ...(await labelsOf(numbers))]).toEqual([['2', '9', '10'], 2, 1, 0, 1])
  const csv = tableOf('m.csv', 'file_name,label\n1.png,cat\n2.png,1\n1.png,0\n')
  const manifest = { path: csv.path, label: 'label', classNames: ['dog', 'cat'] }
  const given = await imageFolder(csv.folder, { manifest })
  expect([given.classNames, ...(await labelsOf(given))]).toEqual([['dog', 'cat'], 1, 1, 0])
  await expect(imageFolder(folder, { manifest: { path, label: 'label', classNames: ['dog', 'cat'] } })).rejects.toThrow(
    `${path}, line 1: expected one of the classes dog, cat, got '10'`,
  )
})

test.each<[string, string, string]>([
  [
    'm.csv',
    'file,label\n',
    "line 1: expected a column 'file_name', the name in manifest.file, got the columns file, label",
  ],
  [
    'm.csv',
    'file_name,class\n',
    "line 1: expected a column 'label', the name in manifest.label, got the columns file_name, class",
  ],
  ['m.csv', 'file_name,label\n"1\n",a\n', 'line 3: expected a file in'],
  ['m.csv', 'file_name,label\n1.png,a\n7.png,b\n', "got '7.png', which is not there"],
  ['m.csv', 'file_name,label\n1.png\n', "line 2: expected a text in 'label', got undefined"],
  ['m.csv', 'file_name,label\n"1.png,a\n', 'could not be read: Quote Not Closed'],
  ['m.csv', 'file_name,label\n', 'expected rows, got none'],
  ['m.jsonl', '{"file_name":"1.png","label":"a"}\n{', 'line 2: expected JSON: '],
  ['m.jsonl', '[]', 'line 1: expected an object, got an array of 0'],
  ['m.jsonl', '\n{"file_name":"1.png"}', "line 2: expected a text in 'label', got undefined"],
])('what is wrong in a table is an error with the line: %s, %j', async (name, text, message) => {
  const { folder, path } = tableOf(name, text)
  await expect(imageFolder(folder, { manifest: { path, label: 'label' } })).rejects.toMatchObject({
    code: 'data',
    message: expect.stringMatching(new RegExp(`^${path}.*${message.replace(/[[\]]/g, '\\$&')}`, 's')),
  })
})

test('a table that is not there, or of another kind', async () => {
  const { folder } = tableOf('m.csv', '')
  for (const name of ['none.csv', 'none.jsonl'])
    await expect(imageFolder(folder, { manifest: { path: join(folder, name) } })).rejects.toMatchObject({
      code: 'file',
    })
  await expect(imageFolder(folder, { manifest: { path: 'm.xlsx' } })).rejects.toThrow(
    "manifest: expected a file that ends in .csv, .tsv, .jsonl, .ndjson, got 'm.xlsx'",
  )
})

test('JSON lines may begin with a byte-order mark; a folder is no image', async () => {
  const { folder, path } = tableOf('m.jsonl', '\ufeff{"file_name":"1.png"}\n')
  expect(pathsOf(await imageFolder(folder, { manifest: { path } }))).toEqual(['1.png'])
  writeFileSync(path, '{"file_name":"x"}\n')
  await expect(imageFolder(folder, { manifest: { path } })).rejects.toThrow('line 1: expected a file in')
})

test.runIf(existsSync('/proc/self/fd'))('after an error no table is open', async () => {
  const rows = `\n${'1.png,1\n'.repeat(200_000)}`
  for (const [name, text] of [
    ['m.csv', `files,label${rows}`],
    ['m.jsonl', `[]${rows}`],
  ] as const) {
    const { folder, path } = tableOf(name, text)
    const openTables = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`) === path)
    await expect(imageFolder(folder, { manifest: { path } })).rejects.toMatchObject({ code: 'data' })
    await vi.waitFor(() => expect(openTables()).toEqual([]))
  }
})

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
