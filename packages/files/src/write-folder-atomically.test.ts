import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { previousFolder } from './previous-folder.ts'
import { writeFolderAtomically } from './write-folder-atomically.ts'

const writing = (text: string) => async (folder: string) => writeFileSync(join(folder, 'a.txt'), text)
const replaced = { checkReplaced: async () => {} }
const kept = {
  checkReplaced: async (folder: string) => {
    throw new Error(`kept ${folder}`)
  },
}

test('a folder is made with those above it, and replaced if it may be', async () => {
  const parent = join(temporaryFolder(), 'deep')
  const folder = join(parent, 'folder')
  await writeFolderAtomically(`${folder}/`, writing('first'), kept)
  writeFileSync(join(folder, 'b.txt'), 'old')
  await writeFolderAtomically(folder, writing('second'), replaced)
  expect(readdirSync(parent)).toEqual(['folder'])
  expect(readdirSync(folder)).toEqual(['a.txt'])
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('second')
})

test('an empty folder is filled; another is kept unless it may be replaced', async () => {
  const folder = join(temporaryFolder(), 'folder')
  mkdirSync(folder)
  await writeFolderAtomically(folder, writing('first'), kept)
  await expect(writeFolderAtomically(folder, writing('second'), kept)).rejects.toThrow(`kept ${folder}`)
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('first')
})

test('what was there stays if writing fails', async () => {
  const parent = temporaryFolder()
  const folder = join(parent, 'folder')
  await writeFolderAtomically(folder, writing('first'), replaced)
  const failing = async (partial: string) => {
    await writing('second')(partial)
    throw new Error('no space')
  }
  await expect(writeFolderAtomically(folder, failing, replaced)).rejects.toThrow('no space')
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('first')
  expect(readdirSync(parent)).toEqual(['folder'])
})

test('what a crash left behind is cleared away', async () => {
  const folder = join(temporaryFolder(), 'folder')
  for (const left of [`${folder}.partial`, previousFolder(folder)]) {
    mkdirSync(left)
    writeFileSync(join(left, 'a.txt'), 'left')
  }
  await expect(writeFolderAtomically(folder, writing('first'), kept)).rejects.toThrow(`kept ${folder}.previous`)
  await writeFolderAtomically(folder, writing('first'), replaced)
  expect([`${folder}.partial`, previousFolder(folder)].map(existsSync)).toEqual([false, false])
})

test('a file in its place is an error that names it', async () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, 'text')
  await expect(writeFolderAtomically(path, writing('first'), replaced)).rejects.toMatchObject({
    code: 'file',
    message: expect.stringContaining(path),
  })
  expect(readFileSync(path, 'utf8')).toBe('text')
})
