import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { trainRun } from '../run/train-run.ts'
import { briefPlan } from '../tiny-plan.ts'

test('the report of a stage that is being trained: its losses and its samples so far, before the first checkpoint', async () => {
  const out = temporaryFolder()
  const [base, ...upper] = briefPlan.stages
  const training = { ...base.training, steps: 24, sampleEvery: 10 }
  const plan = { ...briefPlan, stages: [{ ...base, training }, ...upper] } as const
  let page = ''
  await trainRun({
    plan,
    out,
    compile: jit,
    stages: ['base'],
    progress: (event) => {
      if (event.type === 'training' && event.step === 12) page = readFileSync(join(out, 'report.html'), 'utf8')
    },
  })
  expect(page).toContain('<dt>base</dt><dd class="value">10</dd><dd class="note">of 24 steps</dd>')
  expect(page).toContain('Samples over time: base')
  expect(page.match(/Step \d+(?=<\/figcaption>)/g)).toEqual(['Step 10'])
  expect(page).toContain('aria-label="base"')
  const finished = readFileSync(join(out, 'report.html'), 'utf8')
  expect(finished.match(/Step \d+(?=<\/figcaption>)/g)).toEqual(['Step 10', 'Step 20', 'Step 24'])
  expect(finished).not.toContain('super-resolution</dt>')
})
