import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { writeAtomically, writeFilesAtomically } from './write-atomically.ts'

test('an error while writing removes the part and keeps the old file', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  writeFileSync(path, 'old')
  const failing = writeAtomically(path, async (file) => {
    await file.writeFile('new')
    throw new Error('the writer stopped')
  })
  await expect(failing).rejects.toThrow(`could not write ${path}: the writer stopped; the previous file`)
  expect(readdirSync(folder)).toEqual(['a'])
  expect(readFileSync(path, 'utf8')).toBe('old')
})

test('the old file is there in full until the new one is complete', async () => {
  const path = join(temporaryFolder(), 'a')
  writeFileSync(path, 'old')
  await writeAtomically(path, async (file) => {
    await file.writeFile('ne')
    expect(readFileSync(path, 'utf8')).toBe('old')
    await file.writeFile('w')
  })
  expect(readFileSync(path, 'utf8')).toBe('new')
})

test('a missing folder, and a folder in the way, are named', async () => {
  const folder = temporaryFolder()
  const missing = writeAtomically(join(folder, 'no', 'a'), async () => {})
  await expect(missing).rejects.toThrow(`could not write ${join(folder, 'no', 'a')}: its folder does not exist`)
  mkdirSync(join(folder, 'taken'))
  await expect(writeAtomically(join(folder, 'taken'), async () => {})).rejects.toThrow(
    `could not write ${join(folder, 'taken')}: it is a folder or a device`,
  )
  expect(readdirSync(folder)).toEqual(['taken'])
})

test('several writers at once: the file is whole, that of one of them', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000))
  await Promise.all(texts.map((text) => writeAtomically(path, text)))
  expect(texts).toContain(readFileSync(path, 'utf8'))
  expect(readdirSync(folder)).toEqual(['a'])
})

test('wrong arguments are refused', async () => {
  await expect(writeAtomically(undefined as never, 'x')).rejects.toThrow(
    'writeAtomically: expected the path of a file, got undefined',
  )
  await expect(writeAtomically('x.txt', { a: 1 } as never)).rejects.toThrow(
    'writeAtomically: expected contents, a text, bytes or a function, got an object with a',
  )
})

test('several files of a folder; what a killed writer left is overwritten', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, '3.partial'), 'a longer text of a killed writer')
  writeFileSync(join(folder, '4'), 'old')
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i), `text ${i}`]))
  await writeFilesAtomically(folder, files)
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort())
  for (const [name, text] of Object.entries(files)) expect(readFileSync(join(folder, name), 'utf8')).toBe(text)
  mkdirSync(join(folder, 'taken'))
  await expect(writeFilesAtomically(folder, { taken: 'x' })).rejects.toMatchObject({
    code: 'file',
    message: expect.stringContaining(`could not write ${join(folder, 'taken')}`),
  })
  expect(readdirSync(folder)).not.toContain('taken.partial')
})

test.skipIf(process.platform === 'win32')('a pipe is not replaced', async () => {
  const pipe = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(writeAtomically(pipe, 'x')).rejects.toMatchObject({ code: 'file' })
  expect(statSync(pipe).isFIFO()).toBe(true)
})
