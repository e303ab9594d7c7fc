import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { idxImages } from '../idx/idx-images.ts'
import { openImages } from '../opening/open-images.ts'
import { parquetImages } from '../parquet/parquet-images.ts'
import { readEncoded, readEncodedSync } from '../sources/read-encoded.ts'
import { tarShards } from '../tar/tar-shards.ts'
import { openFile } from './open-file.ts'

test('a folder is refused', async () => {
  await expect(openFile(temporaryFolder())).rejects.toThrow('it is a folder or a device')
})

// A reader of a pipe waits for a writer, for ever if there is none.
test.skipIf(process.platform === 'win32')('a pipe is refused at once', async () => {
  const pipe = join(temporaryFolder(), 'pipe.tar')
  execFileSync('mkfifo', [pipe])
  const message = 'it is a folder or a device'
  await expect(tarShards(pipe)).rejects.toThrow(message)
  await expect(parquetImages(pipe)).rejects.toThrow(message)
  await expect(idxImages({ images: pipe })).rejects.toThrow(message)
  await expect(openImages(pipe)).rejects.toThrow(message)
  expect(await readEncoded({ name: 'pipe', path: pipe })).toHaveLength(0)
  expect(readEncodedSync({ name: 'pipe', path: pipe })).toHaveLength(0)
})
