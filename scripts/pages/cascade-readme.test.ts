import { expect, test } from 'vitest'
import { pages } from './pages.ts'
import { programsOf } from './programs.ts'
import { runProgram } from './run-program.ts'

const { text } = pages().find(({ path }) => path === 'packages/cascade/README.md') as { text: string }
const [program] = programsOf(text) as [ReturnType<typeof programsOf>[number]]
const lines = program.source.trim().split('\n')

test('the first program is a pipeline of three stages with a custom augmentation in fewer than 40 lines', () => {
  expect(lines.length).toBeLessThan(40)
  // It is on the page as it is run: nothing is hidden before it.
  expect(text).toContain(`\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n`)
  expect(program.source.match(/(?:baseStage|superResolutionStage)\(/g)).toHaveLength(3)
  expect(program.source).toContain(': ConditioningAugmentation<')
})

test('and prints what it says', { timeout: 120_000 }, () => {
  const { stdout, missing } = runProgram(program)
  if (missing) expect(stdout).toContain(missing)
})
