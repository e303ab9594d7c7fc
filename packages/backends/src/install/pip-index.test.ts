import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { pipIndex } from './pip-index.ts'

test('the environment comes before configuration files', async () => {
  const home = temporaryFolder()
  const file = join(home, 'pip.conf')
  await writeFile(file, '[global]\nindex-url = https://file.example/simple\n')
  expect(await pipIndex({ PIP_INDEX_URL: 'https://env.example/simple', PIP_CONFIG_FILE: file }, home)).toBe(
    'https://env.example/simple',
  )
  expect(await pipIndex({ PIP_CONFIG_FILE: file }, home)).toBe('https://file.example/simple')
})

test('reads the user’s file; [install] comes before [global]', async () => {
  const home = temporaryFolder()
  await mkdir(join(home, '.config', 'pip'), { recursive: true })
  const text =
    '[install]\n# index-url = https://no.example\nindex_url: https://install.example/simple\n[global]\nindex-url=https://global.example\n'
  await writeFile(join(home, '.config', 'pip', 'pip.conf'), text)
  expect(await pipIndex({}, home)).toBe('https://install.example/simple')
})
