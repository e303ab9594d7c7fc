import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { languages, networkSizes, packageManagers } from 'create-cascade-diffusion'
import { expect, test } from 'vitest'
import { run } from '../test-support.ts'
import { initCommand } from './command.ts'

test('a project, once; or its configuration alone', async () => {
  const folder = temporaryFolder()
  const first = await run('init', folder, '--yes', '--network', 'small', '--package-manager', 'pnpm')
  expect([first.code, first.errors]).toEqual([0, ''])
  expect(first.text).toContain(`next:\n  cd ${folder}\n  pnpm install\n  pnpm train\nwritten:\n`)
  expect(first.text).toContain(`  configuration  ${join(folder, 'cascade.config.ts')}`)
  expect(readFileSync(join(folder, 'cascade.config.ts'), 'utf8')).toContain("'small'")
  const again = await run('init', folder, '--yes')
  expect(again.code).toBe(1)
  expect(again.errors).toContain(`expected none of its files in ${folder}`)

  const other = temporaryFolder()
  const { text } = await run('init', other, '--yes', '--config-only', '--language', 'json', '--json')
  expect(JSON.parse(text)).toEqual({
    next: [`cd ${other}`, expect.stringMatching(/ cascade-diffusion$/), expect.stringMatching(/train$/)],
    written: [{ what: 'configuration', path: join(other, 'cascade.config.json') }],
  })
  expect(readdirSync(other)).toEqual(['cascade.config.json'])
})

test('without a terminal it does not ask', async () => {
  expect(await run('init', temporaryFolder())).toMatchObject({
    code: 2,
    errors: expect.stringContaining('expected --yes, or a terminal to ask questions in\n\nusage: '),
  })
})

test('its words are those of npm create', () => {
  const { network, language, packageManager } = initCommand.options
  expect([network, language, packageManager].map((input) => input?.choices)).toEqual([
    networkSizes,
    languages,
    packageManagers,
  ])
})
