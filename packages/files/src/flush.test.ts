import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { flush } from './flush.ts'

const failing = (code?: string) => async () => {
  throw Object.assign(new Error('Method not implemented.'), code && { code })
}

test.each([
  ['as Node.js has it', {}],
  ["that is there in name only, as in Yarn 4.18.1's Plug'n'Play", { sync: failing() }],
  ['that is not there at all', { sync: undefined }],
  ['that the file system does not have', { sync: failing('EINVAL') }],
  ['that the file system does not have, nor a number of the file', { sync: failing('ENOSYS'), fd: 1 << 30 }],
  ['that is not there, nor a number of the file', { sync: undefined, fd: undefined }],
])('a file is flushed by FileHandle.sync %s', async (_, changed) => {
  const path = join(temporaryFolder(), 'a')
  const file = await open(path, 'w')
  await file.write('content')
  const { fd } = file
  await flush({ sync: () => file.sync(), fd, ...changed } as Parameters<typeof flush>[0])
  await file.close()
  expect(readFileSync(path, 'utf8')).toBe('content')
})

test.each(['EIO', 'ENOSPC', 'EDQUOT'])('%s says that bytes did not reach the disk', async (code) => {
  await expect(flush({ sync: failing(code), fd: 0 })).rejects.toMatchObject({ code })
})

test('a folder is flushed where that can be done', async () => {
  const folder = await open(temporaryFolder(), 'r')
  await flush(folder)
  await flush({ sync: failing() as never, fd: folder.fd })
  await folder.close()
})
