import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { train } from '../loop/train.ts'
import { checkpointIn, lineBatch, lineRun } from '../testing/test-support.ts'
import { loadCheckpoint } from './checkpoint.ts'

const at = (path: string) => ({ ...checkpointIn(temporaryFolder()), path })

test('folders that are missing are made before the first step', async () => {
  const path = join(temporaryFolder(), 'a', 'b', 'line.safetensors')
  const progress = vi.fn(() => {
    expect(readdirSync(join(path, '..'))).toEqual([])
  })
  await train(lineRun({ checkpoint: at(path), steps: 1, progress }))
  expect(progress).toHaveBeenCalledOnce()
  expect((await loadCheckpoint(path)).step).toBe(1)
})

const folder = temporaryFolder()
mkdirSync(join(folder, 'runs'))
writeFileSync(join(folder, 'file'), 'mine')

test.each([
  [
    join(folder, 'runs'),
    `expected the path of a file, such as ${join(folder, 'runs', 'base.safetensors')}, got a folder`,
  ],
  [join(folder, 'file', 'line.safetensors'), `${join(folder, 'file')} cannot be written to: `],
  // Not even root writes here.
  ['/proc/line.safetensors', '/proc cannot be written to: '],
  ['', "expected the path of a file, such as 'runs/base.safetensors', got ''"],
  [undefined, "expected the path of a file, such as 'runs/base.safetensors', got undefined"],
])('%s: what cannot be saved is an error before any work', async (path, message) => {
  const batch = vi.fn(lineBatch)
  await expect(train(lineRun({ checkpoint: at(path as string), batch }))).rejects.toThrow(message)
  expect(batch).not.toHaveBeenCalled()
  expect(readdirSync(folder).sort()).toEqual(['file', 'runs'])
  expect(existsSync('/proc/line.safetensors')).toBe(false)
})

test('saves by time as well as by steps', async () => {
  /** After how many of five steps, of 30 ms each, there is a file already. */
  const saved = async (options: { every?: number; everySeconds?: number }) => {
    const { every: _, ...checkpoint } = checkpointIn(temporaryFolder())
    let seen = 0
    const batch = async (...[step, rng]: Parameters<typeof lineBatch>) => {
      await new Promise((done) => setTimeout(done, 30))
      return lineBatch(step, rng)
    }
    const progress = () => {
      seen += Number(existsSync(checkpoint.path))
    }
    await train(lineRun({ checkpoint: { ...checkpoint, ...options }, steps: 5, batch, progress }))
    return seen
  }
  // What is saved after the first step is there after the second.
  expect(await saved({ everySeconds: 0.02 })).toBe(4)
  expect(await saved({ everySeconds: 0 })).toBe(4)
  expect(await saved({ everySeconds: Number.POSITIVE_INFINITY, every: 2 })).toBe(3)
  expect(await saved({})).toBe(0)
})
