import { expect, test } from 'vitest'
import { openLmdb } from './open-lmdb.ts'
import { digest, expected, fixtureFile } from './test-support.ts'

const databases = Object.entries(expected).flatMap(([name, all]) => all.map((one) => ({ name, ...one })))
const readable = databases.filter(({ name }) => name !== 'duplicates')

test.each(readable)('$name $database: all entries equal those that python-lmdb reads', async (of) => {
  const lmdb = await openLmdb(fixtureFile(of.name), { database: of.database })
  expect(lmdb.count).toBe(of.count)
  expect(await digest(lmdb)).toBe(of.sha256)
})
