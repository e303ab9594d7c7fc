import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderWithPackages } from './folder.ts'
import { pages } from './pages.ts'
import { notPrinted, programsOf } from './programs.ts'

// Those of packages' READMEs run in the test of installations, from packed packages.
const programs = pages()
  .filter(({ path }) => !path.startsWith('packages/'))
  .flatMap(({ path, text }) => programsOf(text).map((program) => ({ path, ...program })))
  .filter(({ runs }) => runs)

test.each(programs)('$path, line $line, prints what it says', ({ source, expected }) => {
  const folder = folderWithPackages()
  try {
    writeFileSync(join(folder, 'page.mts'), source)
    const options = ['--conditions=@cascade-diffusion/source', `--import=${import.meta.resolve('tsx')}`]
    const { stdout, stderr, status } = spawnSync(process.execPath, [...options, 'page.mts'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, CASCADE_DIFFUSION_CACHE: 'off' },
    })
    if (status !== 0) throw new Error(stderr)
    if (notPrinted(expected, stdout)) expect(stdout).toContain(notPrinted(expected, stdout))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('there are such programs', () => {
  expect(programs.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/jit-in-five-minutes.md']))
})
