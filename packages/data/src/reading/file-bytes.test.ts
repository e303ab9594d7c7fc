import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { withFile } from './file-bytes.ts'

const path = join(temporaryFolder(), 'x')

test('bytes of a file; beyond its end an error that reserves no memory', async () => {
  writeFileSync(path, Uint8Array.from([1, 2, 3, 4]))
  expect(await withFile(path, async (read, size) => [size, ...(await read(1, 2))])).toEqual([4, 2, 3])
  for (const [offset, length] of [
    [2, 3],
    [-1, 1],
    [0, 2 ** 52],
    [0, 0.5],
    [Number.NaN, 1],
  ] as const)
    await expect(withFile(path, (read) => read(offset, length))).rejects.toMatchObject({
      code: 'data',
      message: `${path}: expected bytes ${offset} to ${offset + length}, the file has 4: cut short or damaged`,
    })
})

test('a file that is missing, or becomes shorter', async () => {
  await expect(withFile(`${path}y`, async () => 1)).rejects.toMatchObject({ code: 'file' })
  writeFileSync(path, new Uint8Array(10))
  const shorter = withFile(path, async (read) => {
    truncateSync(path, 5)
    return read(0, 10)
  })
  await expect(shorter).rejects.toMatchObject({ code: 'file', message: expect.stringContaining('became shorter') })
})
