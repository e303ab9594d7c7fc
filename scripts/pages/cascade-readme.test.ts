import { expect, test } from 'vitest'
import { pages } from './pages.ts'
import { type PageProgram, programsOf } from './programs.ts'
import { runProgram } from './run-program.ts'

const { text } = pages().find(({ path }) => path === 'packages/cascade/README.md') as { text: string }
const programs = programsOf(text).filter(({ runs }) => runs)

test('the first program is a pipeline of three stages with a custom augmentation in fewer than 40 lines', () => {
  const { source } = programs[0] as PageProgram
  const lines = source.trim().split('\n')
  expect(lines.length).toBeLessThan(40)
  // It is on the page as it is run: nothing is hidden before it.
  expect(text).toContain(`\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n`)
  expect(source.match(/(?:baseStage|superResolutionStage)\(/g)).toHaveLength(3)
  expect(source).toContain(': ConditioningAugmentation<')
})

test.each(programs)('the program of line $line prints what it says', { timeout: 120_000 }, (program) => {
  const { stdout, missing } = runProgram(program)
  if (missing) expect(stdout).toContain(missing)
})
