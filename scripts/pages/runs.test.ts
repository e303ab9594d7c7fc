import { expect, test } from 'vitest'
import { pages } from './pages.ts'
import { programsOf } from './programs.ts'
import { runProgram } from './run-program.ts'

// Those of packages' READMEs run in the test of installations, from packed packages.
const programs = pages()
  .filter(({ path }) => !path.startsWith('packages/'))
  .flatMap(({ path, text }) => programsOf(text).map((program) => ({ path, ...program })))
  .filter(({ runs }) => runs)

test.each(programs)('$path, line $line, prints what it says', (program) => {
  const { stdout, missing } = runProgram(program)
  if (missing) expect(stdout).toContain(missing)
})

test('there are such programs', () => {
  expect(programs.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/jit-in-five-minutes.md']))
})
