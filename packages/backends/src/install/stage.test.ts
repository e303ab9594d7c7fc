import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { replaceFolder } from './stage.ts'

const fill = (text: string) => (folder: string) => writeFile(join(folder, 'file'), text)

test('replaces a folder at once, and keeps the old one if that fails', async () => {
  const parent = join(temporaryFolder(), 'backends')
  const target = join(parent, 'node')
  await replaceFolder(target, fill('one'))
  await replaceFolder(target, fill('two'))
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('two')
  const failing = async (folder: string) => {
    await fill('three')(folder)
    expect(await readFile(join(target, 'file'), 'utf8')).toBe('two')
    throw new Error('out of luck')
  }
  await expect(replaceFolder(target, failing)).rejects.toThrow('out of luck')
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('two')
  expect(await readdir(parent)).toEqual(['node'])
})

test('removes what a process that is gone left behind, but nothing of one that runs', async () => {
  const parent = temporaryFolder()
  const [dead, alive, other] = ['.node.new.4194305', `.node.new.${process.ppid}`, '.node-gpu.new.4194305']
  for (const name of [dead, alive, other]) await mkdir(join(parent, name as string))
  await replaceFolder(join(parent, 'node'), fill('x'))
  expect((await readdir(parent)).sort()).toEqual([other, alive, 'node'].sort())
})
