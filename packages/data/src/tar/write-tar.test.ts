import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { type TarEntry, writeTar } from './write-tar.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const names = [
  '000000.jpg',
  '000000.cls',
  `${'a'.repeat(96)}.jpg`, // exactly 100
  `${'b'.repeat(97)}.jpg`, // 101, without a slash
  `${'d'.repeat(155)}/${'f'.repeat(96)}.jpg`, // both fields full
  `${'d'.repeat(156)}/${'f'.repeat(96)}.jpg`,
  `${'e/'.repeat(120)}x.jpg`,
  'häuser/straße.jpg',
  `画/${'像'.repeat(90)}.jpg`,
]
const entries: readonly TarEntry[] = names.map((name, i) => ({ name, bytes: text(`${i}`.repeat(i * 200)) }))

test('GNU tar lists and reads what was written', async () => {
  const path = join(temporaryFolder(), 'a.tar')
  const written = await writeTar(path, entries)
  const bytes = readFileSync(path)
  expect(written).toEqual({
    size: bytes.length,
    count: names.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  expect(bytes.length % 10_240).toBe(0)
  const tar = (...args: string[]) => execFileSync('tar', args, { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } })
  expect(tar('--quoting-style=literal', '-tf', path).trimEnd().split('\n')).toEqual(names)
  for (const { name, bytes } of entries) expect(tar('-xOf', path, name)).toBe(Buffer.from(bytes).toString())
  // Names that fit have no pax header.
  expect(bytes.includes('PaxHeader')).toBe(true)
  const plain = join(temporaryFolder(), 'b.tar')
  await writeTar(
    plain,
    [0, 1, 2, 4].map((i) => entries[i] as TarEntry),
  )
  expect(readFileSync(plain).includes('PaxHeader')).toBe(false)
})

test('the same entries give the same bytes, from a generator too', async () => {
  const folder = temporaryFolder()
  async function* later() {
    for (const entry of entries) yield entry
  }
  const [a, b] = [await writeTar(join(folder, 'a'), entries), await writeTar(join(folder, 'b'), later())]
  expect(a).toEqual(b)
  expect(readFileSync(join(folder, 'a')).equals(readFileSync(join(folder, 'b')))).toBe(true)
})

test('wrong entries and failing generators leave the previous file', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a.tar')
  const { size } = await writeTar(path, entries)
  const wrong = ['', '/a.jpg', 'a/', '../a.jpg', 'a/../../b', 'a\0b', '\ud800.jpg', 7]
  for (const name of wrong)
    await expect(writeTar(path, [{ name: name as string, bytes: text('') }])).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('writeTar: expected the name of an entry, a relative path, got'),
    })
  await expect(writeTar(path, [{ name: 'a', bytes: 'text' as never }])).rejects.toThrow(
    "writeTar: expected bytes of 'a', a Uint8Array, got 'text'",
  )
  await expect(writeTar(path, 3 as never)).rejects.toThrow('writeTar: expected entries { name, bytes }, got 3')
  const broken = (async function* () {
    yield entries[0] as TarEntry
    throw new RangeError('no more')
  })()
  await expect(writeTar(path, broken)).rejects.toThrow(new RangeError('no more'))
  await expect(writeTar(join(folder, 'none', 'a.tar'), entries)).rejects.toMatchObject({ code: 'file' })
  expect(readdirSync(folder)).toEqual(['a.tar'])
  expect(readFileSync(path).length).toBe(size)
})
