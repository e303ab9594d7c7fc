import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configurationFiles } from './files.ts'

test('docs/configuration.md and cascade.schema.json are fresh, and every default is said', () => {
  const files = configurationFiles()
  for (const { path, text } of files)
    expect(existsSync(path) && readFileSync(path, 'utf8'), `${path}: pnpm run docs:configuration writes it anew`).toBe(
      text,
    )
  const rows = files[0]!.text.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(300)
  const fields = rows.filter((row) => row.split(/(?<!\\) \| /).length === 4)
  expect(fields.filter((row) => row.split(/(?<!\\) \| /)[2]!.trim() === '')).toEqual([])
  const json = JSON.parse(files[1]!.text)
  const refs = files[1]!.text.matchAll(/"#\/definitions\/([^"]+)"/g)
  for (const [, name] of refs) expect(Object.keys(json.definitions)).toContain(name)
  expect(Object.keys(json.properties)).toContain('stages')
})
