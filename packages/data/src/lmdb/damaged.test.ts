import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { damagedFiles, readDamaged } from './fuzz/damaged-lmdb.ts'

test.each(damagedFiles)('damaged copies of %s are refused, or read within the file', async (...file) => {
  const count = 300
  const { refused, same, different } = await readDamaged(file as never, count, {
    seed: 7,
    path: join(temporaryFolder(), 'data.mdb'),
  })
  expect(refused + same + different).toBe(count)
  expect(refused).toBeGreaterThan(count / 3)
  expect(different).toBeLessThan(count / 8) // a length or key that is as good as the right one: the format has no checksums
})
