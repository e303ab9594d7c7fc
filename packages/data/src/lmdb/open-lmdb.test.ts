import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readEncoded } from '../sources/read-encoded.ts'
import { type Lmdb, openLmdb } from './open-lmdb.ts'
import { digest, expected, fileOf, fixtureBytes, fixtureFile } from './test-support.ts'

const databases = Object.entries(expected).flatMap(([name, all]) => all.map((one) => ({ name, ...one })))
const readable = databases.filter(({ name }) => name !== 'duplicates')

test.each(readable)('$name $database: all entries equal those that python-lmdb reads', async (of) => {
  const lmdb = await openLmdb(fixtureFile(of.name), { database: of.database })
  expect(lmdb.count).toBe(of.count)
  expect(await digest(lmdb)).toBe(of.sha256)
})

async function entriesOf(lmdb: Lmdb) {
  const entries = []
  for await (const entry of lmdb.entries()) entries.push(entry)
  return entries
}

test.each(['plain', 'format-3', 'pages-16384', 'deep', 'integer-keys', 'reverse-keys'])(
  '%s: entries by key and by index are those in order',
  async (name) => {
    const lmdb = await openLmdb(fixtureFile(name), { database: expected[name]![0]!.database })
    const entries = await entriesOf(lmdb)
    const indices = [lmdb.count - 1, 0, 7, 7, 123 % lmdb.count, 6]
    const places = await lmdb.locate(indices)
    for (const [i, index] of indices.entries()) {
      const { key, value } = entries[index]!
      expect(places[i]!.key).toEqual(key)
      const image = Object.assign({ name: 'value', path: lmdb.path }, places[i])
      expect(Buffer.compare(await readEncoded(image), value)).toBe(0)
      expect(Buffer.compare((await lmdb.get(key))!, value)).toBe(0)
    }
    for (const key of ['', 'no such', '~', Buffer.from([0]), Buffer.alloc(600, 255)])
      expect(await lmdb.get(key)).toBeUndefined()
  },
)

test('a folder is opened by its data.mdb, and nothing is written', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'data.mdb'), fixtureBytes('one-leaf'))
  const lmdb = await openLmdb(folder)
  expect([lmdb.path, lmdb.count]).toEqual([join(folder, 'data.mdb'), 5])
  expect(readdirSync(folder)).toEqual(['data.mdb'])
})

test('arguments', async () => {
  const path = fixtureFile('named')
  const names = "'train' or 'validation'"
  const wrong: readonly (readonly [unknown, unknown, string, string])[] = [
    [path, {}, 'input', `expected the name of a database, as the file has several: database: ${names}`],
    [fixtureFile('named-format-3'), {}, 'input', `as the file has several: database: ${names}`],
    [path, { database: 'tests' }, 'input', "got 'tests'; there are 'train', 'validation'"],
    [path, { database: '' }, 'input', "expected database, a name, got ''"],
    [path, { databse: 'train' }, 'input', "Did you mean 'database'?"],
    [fixtureFile('plain'), { database: 'train' }, 'input', "got 'train'; there are none"],
    [
      fixtureFile('duplicates'),
      { database: 'many' },
      'unsupported',
      "database 'many': expected one value for each key",
    ],
    [1, {}, 'input', 'expected the path of a folder or file, got 1'],
    [join(temporaryFolder(), 'none'), {}, 'file', 'ENOENT'],
    [temporaryFolder(), {}, 'file', 'ENOENT'],
  ]
  for (const [from, options, code, message] of wrong)
    await expect(openLmdb(from as string, options as object)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'data.mdb'))
  await expect(openLmdb(folder)).rejects.toThrow('expected a file, got a folder or a device')
  const lmdb = await openLmdb(fixtureFile('one-leaf'))
  for (const index of [-1, 5, 0.5, '0'])
    await expect(lmdb.locate([index as number])).rejects.toThrow('expected indices from 0 to 4')
  await expect((await openLmdb(fixtureFile('empty'))).locate([0])).rejects.toMatchObject({ code: 'input' })
})

/** A fixture with some bytes overwritten. */
function changed(name: string, ...changes: readonly (readonly [at: number, bytes: readonly number[]])[]): string {
  const bytes = fixtureBytes(name)
  for (const [at, own] of changes) bytes.set(own, at)
  return fileOf(bytes)
}

const magic = [0xde, 0xc0, 0xef, 0xbe]

test('files of other versions and machines are refused by name', async () => {
  const refused: readonly (readonly [string, string, string])[] = [
    [fixtureFile('npm'), 'unsupported', "format 2, that of npm's lmdb: copy its entries to a new file"],
    [changed('plain', [20, [0xe7, 3]]), 'unsupported', 'got format 999: copy its entries'],
    [changed('format-3', [28, [4]]), 'unsupported', 'got format 4'],
    [changed('plain', [12, magic], [16, [1, 0, 0, 0]]), 'unsupported', 'one of a 32-bit machine: write it anew'],
    [
      changed('plain', [16, magic.toReversed()]),
      'unsupported',
      'one of a big-endian machine: write it anew, by mdb_dump',
    ],
    [changed('format-3', [24 + 29, [0x20]], [4096 + 24 + 29, [0x20]]), 'unsupported', 'got encrypted ones'],
    [changed('format-3', [4094, [32]]), 'unsupported', 'got ones with checksums'],
    [changed('plain', [16, [0]]), 'data', 'expected an LMDB file, got another or a damaged one'],
    [fileOf(new Uint8Array(3)), 'data', 'expected an LMDB file, got 3 bytes'],
    [fileOf(new Uint8Array(9000)), 'data', 'expected an LMDB file, got another'],
  ]
  for (const [path, code, message] of refused)
    await expect(openLmdb(path), message).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^${path}: .*${message}`)),
    })
})

const page = 4096
const plain = fixtureBytes('plain')
const newest = plain.readUInt32LE(16 + 128) > plain.readUInt32LE(page + 16 + 128) ? 0 : page
const root = plain.readUInt32LE(newest + 16 + 72 + 40)
const pointer = (i: number) => root * page + plain.readUInt16LE(root * page + 16 + 2 * i)
const child = (i: number): number => plain.readUInt32LE(pointer(i))
const leaf = child(1)
const nodes = Array.from(
  { length: (plain.readUInt16LE(leaf * page + 12) - 16) / 2 },
  (_, i) => leaf * page + plain.readUInt16LE(leaf * page + 16 + 2 * i),
)
const inline = nodes.find((node) => plain.readUInt16LE(node + 4) === 0)!
const number = (value: number): number[] => [...Buffer.from(Uint32Array.of(value).buffer)]

test.each([
  ['another kind of page', [root * page + 10, [2]], root, 'a branch page'],
  ['another number', [leaf * page, [9, 9]], leaf, 'its own number'],
  ['a leaf that is a value', [leaf * page + 10, [4]], leaf, 'a leaf page, got one of kind 0x4'],
  ['a branch as its own child', [pointer(1), number(root)], root, 'a leaf page'],
  ['a leaf twice', [pointer(1), number(child(2))], child(2), 'a page that is once in its tree'],
  ['a page out of range', [pointer(1), number(999_999)], 999_999, 'pages from 2 to'],
  ['more entries in a page than fit', [leaf * page + 12, [255, 255]], leaf, 'free space within'],
  ['a depth of one more level', [newest + 16 + 72 + 6, [3]], child(0), 'a branch page'],
  ['a wrong number of entries', [newest + 16 + 72 + 32, [99]], undefined, '355 entries, as its record says, got 300'],
  ['a root out of range', [newest + 16 + 72 + 40, number(999_999)], newest / page, 'the page of its root'],
  ['pages of 5 bytes', [40, [5, 0, 0, 0]], 0, 'pages of 256 to 65536 bytes'],
  ['an old transaction', [page - newest + 16 + 128, [99]], undefined, 'meta pages of two transactions in a row'],
] as const)('damage is an error with the number of the page: %s', async (_, change, at, message) => {
  const path = changed('plain', change as unknown as [number, number[]])
  const where = at === undefined ? path : `${path}: pages? ${at}`
  await expect(openLmdb(path)).rejects.toMatchObject({
    code: 'data',
    message: expect.stringMatching(new RegExp(`^${where}.*: expected .*${message}`)),
  })
})

test('damage of values is found when they are located', async () => {
  const lmdb = await openLmdb(fileOf(plain))
  const all = Array.from({ length: lmdb.count }, (_, i) => i)
  const places = await lmdb.locate(all)
  const [at] = all.filter((i) => 'offset' in places[i]!)
  const place = places[at!] as { readonly offset: number; readonly length: number }
  const first = Math.floor(place.offset / page)
  const values: readonly (readonly [readonly [number, readonly number[]], number, string])[] = [
    [[first * page + 10, [2]], first, 'an overflow page'],
    [[first * page, [1, 1]], first, 'its own number'],
    [[first * page + 12, [0]], first, 'pages for'],
    [[inline, [7, 0]], leaf, 'bytes of entries'],
    [[inline + 4, [4]], leaf, 'entries of one value'],
    [[inline + 6, [200, 200]], leaf, 'the end of entry'],
    [[leaf * page + 16, [1]], leaf, 'entry 0 within'],
    [[inline + 8, [255]], leaf, 'keys in their order'],
  ]
  for (const [change, number, message] of values) {
    const path = changed('plain', change)
    await expect((await openLmdb(path)).locate(all), message).rejects.toMatchObject({
      code: 'data',
      message: expect.stringMatching(new RegExp(`^${path}: (key '\\w{40}': )?page ${number}: expected .*(${message})`)),
    })
  }
  const ends = places.map((each) => ('offset' in each ? each.offset + each.length : 0))
  const cut = fileOf(plain.subarray(0, Math.max(...ends) - 1))
  await expect(openLmdb(cut).then((opened) => opened.locate(all))).rejects.toThrow(/page.* expected pages from 2 to/)
})

test('a key outside of the range that branches give its leaf is an error', async () => {
  const last = plain.subarray(nodes.at(-1)! + 8, nodes.at(-1)! + 48)
  const path = changed('plain', [pointer(1) + 8, [...last]])
  const lmdb = await openLmdb(path)
  await expect(lmdb.get(last)).rejects.toThrow(`${path}: page ${leaf}: expected keys`)
})

test('a file that a program changes meanwhile is an error, whatever its pages have become', async () => {
  const path = fileOf(plain)
  const lmdb = await openLmdb(path)
  const { key } = (await lmdb.locate([0]))[0]!
  const transaction = plain.readUInt32LE(newest + 16 + 128)
  const written = Buffer.from(plain)
  written.copy(written, page - newest + 16, newest + 16, newest + 16 + 136) // the next transaction, into the older meta page
  written.writeUInt32LE(transaction + 1, page - newest + 16 + 128)
  written.fill(0x55, 2 * page)
  writeFileSync(path, written)
  const message = `of transaction ${transaction}, got transaction ${transaction + 1}: a program has changed it; open it again`
  const calls = [() => lmdb.locate([0]), () => lmdb.get(key), () => lmdb.entries().next()]
  for (const call of calls)
    await expect(call()).rejects.toMatchObject({ code: 'data', message: expect.stringContaining(message) })
})
