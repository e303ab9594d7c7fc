import { readdirSync } from 'node:fs'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { loadCheckpoint } from '../checkpoint/checkpoint.ts'
import { checkpointIn, lineRun, moduleHere, runScript } from '../testing/test-support.ts'
import { train } from './train.ts'

test('an abort before the first step begins nothing and saves nothing', async () => {
  const folder = temporaryFolder()
  const checkpoint = checkpointIn(folder)
  const batches = vi.fn()
  const run = train(lineRun({ checkpoint, signal: AbortSignal.abort('enough'), progress: batches }))
  await expect(run).rejects.toMatchObject({
    name: 'AbortError',
    cause: 'enough',
    result: { step: 0, skipped: 0 },
    message: 'train: interrupted after step 0 of 20; no checkpoint has been saved',
  })
  expect([readdirSync(folder), batches.mock.calls]).toEqual([[], []])
  expect(await train(lineRun({ checkpoint }))).toEqual(await train(lineRun()))
})

test('an abort ends the program of a loop over runs, with the first one saved and the second not begun', async () => {
  const folder = temporaryFolder()
  const script = `
    import { train } from ${moduleHere('loop/train.ts')}
    import { lineRun } from ${moduleHere('testing/test-support.ts')}
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort(new Error('Ctrl-C')))
    for (const name of ['first', 'second']) {
      console.log('begun ' + name)
      const progress = ({ step }) => step === 3 && process.kill(process.pid, 'SIGINT')
      const batch = async (step, rng) => (await new Promise((r) => setTimeout(r, 5)), lineRun().batch(step, rng))
      const checkpoint = { path: ${JSON.stringify(folder)} + '/' + name + '.safetensors', kind: 'line', config: {} }
      await train(lineRun({ checkpoint, batch, progress, signal: stop.signal }))
    }
    console.log('sampled')`
  const { status, stdout, stderr } = runScript(script)
  expect([status, stdout.trim()]).toEqual([1, 'begun first'])
  expect(stderr).toMatch(
    /train: interrupted after step \d+ of 20; the same run resumes from its checkpoint .*first.safetensors/,
  )
  expect(readdirSync(folder)).toEqual(['first.safetensors'])
  expect((await loadCheckpoint(`${folder}/first.safetensors`)).step).toBeGreaterThanOrEqual(3)
})
