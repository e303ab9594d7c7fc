import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { main } from '../main.ts'

test('an interruption is no error: it says how to resume, and exits with 130', async () => {
  const [lines, errors]: [string[], string[]] = [[], []]
  const out = temporaryFolder()
  const code = await main(['quickstart', '--fast', '--out', out], {
    log: (line) => lines.push(line),
    error: (line) => errors.push(line),
    signal: AbortSignal.abort(new Error('interrupted')),
  })
  expect(code).toBe(130)
  expect(errors).toEqual([
    'evaluator: stopped at step 0 of 500. Checkpoints are kept: the same command resumes from them.',
  ])
  expect(lines).toEqual([
    'A cascade on MNIST. Handwritten digits: the real MNIST, 28×28 with a black margin to 32×32.',
    '60,000 training and 10,000 test images',
  ])
  expect(existsSync(join(out, 'report.html'))).toBe(true)
})
