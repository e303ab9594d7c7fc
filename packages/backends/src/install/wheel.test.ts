import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { makeWheel } from '../testing/fake-index.ts'
import { never } from '../testing/temporary-folder.ts'
import { cudaRequirements } from './cuda-requirements.ts'
import { unpackWheel } from './wheel.ts'

const files = { 'lib/a.so': 'library a', 'lib/b.so': 'library b', 'include/a.h': 'int a;' }

test('unpacks what is wanted to where it is wanted', async () => {
  const folder = temporaryFolder()
  await writeFile(join(folder, 'x.whl'), await makeWheel(files))
  const reported: number[] = []
  const paths = await unpackWheel(join(folder, 'x.whl'), {
    folder,
    signal: never,
    place: (name) => (name.endsWith('.so') ? `deps/${name}` : undefined),
    progress: (done, total) => reported.push(done / (total as number)),
  })
  expect(paths).toEqual([join(folder, 'deps/lib/a.so'), join(folder, 'deps/lib/b.so')])
  expect(await readFile(paths[1] as string, 'utf8')).toBe('library b')
  expect(reported.at(-1)).toBe(1)
})

test('refuses a file that differs from the wheel’s own list, and what is not a wheel', async () => {
  const folder = temporaryFolder()
  const options = { folder, signal: never, place: (name: string) => name }
  await writeFile(join(folder, 'x.whl'), await makeWheel(files, 'lib/b.so'))
  await expect(unpackWheel(join(folder, 'x.whl'), options)).rejects.toThrow('lib/b.so of')
  await writeFile(join(folder, 'y.whl'), 'not a zip file')
  await expect(unpackWheel(join(folder, 'y.whl'), options)).rejects.toThrow()
})

test('reads which of NVIDIA’s wheels are needed', async () => {
  const folder = temporaryFolder()
  const metadata = [
    'Requires-Dist: numpy>=2',
    'Requires-Dist: nvidia-cudnn-cu13~=9.0; extra == "cudnn"',
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5; extra == "and-cuda"',
  ]
  await writeFile(join(folder, 'x.whl'), await makeWheel({ 'x-1.dist-info/METADATA': metadata.join('\n') }))
  expect(await cudaRequirements(join(folder, 'x.whl'))).toEqual([
    'nvidia-cudnn-cu13~=9.0',
    'nvidia-cublas-cu12<13.0,>=12.5',
  ])
})
