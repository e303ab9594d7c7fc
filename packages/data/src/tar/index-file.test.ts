import { cpSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { contents, tarOf } from '../testing/tar-shards.ts'
import { type TarShardsOptions, tarShards } from './tar-shards.ts'

test('an index is kept, and made anew where something has changed', async () => {
  const folder = temporaryFolder()
  const names = ['webdataset-000000.tar', 'webdataset-000001.tar'] as const
  for (const name of names) writeFileSync(join(folder, name), tarOf(name))
  const index = join(folder, 'shards.index')
  let read = 0
  const opened = async (options: TarShardsOptions = {}) => {
    read = 0
    const source = await tarShards(folder, {
      label: 'txt',
      incomplete: 'skip',
      index,
      progress: () => read++,
      ...options,
    })
    return { contents: await contents(source), classNames: source.classNames, skipped: source.skipped }
  }
  const first = await opened()
  expect([read, first.contents.length, first.skipped.count]).toEqual([2, 7, 1])
  expect(await opened()).toEqual(first)
  expect(read).toBe(0)
  // Of other options.
  const numbered = await opened({ label: 'cls' })
  expect([read, numbered.classNames]).toEqual([2, ['0', '1', '2']])
  await opened()
  // Damaged, cut off, of another version.
  const whole = readFileSync(index)
  const damaged = [whole.subarray(0, 40), whole.subarray(0, -1), Buffer.from(whole).fill('2', 28, 29)]
  for (let at = 30; at < whole.length; at += 97)
    damaged.push(Buffer.from(whole).fill((whole[at] as number) ^ 1, at, at + 1))
  for (const bytes of damaged) {
    writeFileSync(index, bytes)
    expect(await opened()).toEqual(first)
    expect(read).toBe(2)
  }
  // A shard that was touched.
  utimesSync(join(folder, names[1]), 1, 1)
  expect(await opened()).toEqual(first)
  expect(read).toBe(2)
  // The whole folder elsewhere: paths are relative.
  const elsewhere = join(temporaryFolder(), 'moved')
  cpSync(folder, elsewhere, { recursive: true, preserveTimestamps: true })
  const moved = await tarShards(elsewhere, {
    label: 'txt',
    incomplete: 'skip',
    index: join(elsewhere, 'shards.index'),
    progress: () => read++,
  })
  expect([read, moved.count, moved.nameOf(0)]).toEqual([2, 7, `${join(elsewhere, names[0])}: 000000.png`])
  // A file of the user is not overwritten.
  writeFileSync(index, 'notes')
  await expect(opened()).rejects.toMatchObject({
    code: 'input',
    message: `tarShards: expected an index of tar shards, or no file, at ${index}, got another file`,
  })
  expect(readFileSync(index, 'utf8')).toBe('notes')
  await expect(opened({ index: join(folder, 'none', 'x') })).rejects.toMatchObject({ code: 'file' })
  expect(read).toBe(0)
})
