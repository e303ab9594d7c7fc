import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32, zeros } from '@cascade-diffusion/arrays'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterAll, expect, test } from 'vitest'
import { checkpointOf } from '../testing/test-support.ts'
import { loadCheckpoint, loadEma, saveCheckpoint } from './checkpoint.ts'
import { checkpointProgress } from './checkpoint-progress.ts'
import { previousPath } from './file.ts'

const pathIn = (folder: string) => join(folder, 'model.safetensors')

test('gives back everything that it was given', async () => {
  const path = pathIn(temporaryFolder())
  await saveCheckpoint(path, checkpointOf(3))
  expect(await loadCheckpoint(path)).toEqual(checkpointOf(3))
})

test('the averaged weights can be read alone, with what the file says about itself', async () => {
  const path = pathIn(temporaryFolder())
  const { kind, config, step, state } = checkpointOf(3)
  await saveCheckpoint(path, checkpointOf(3))
  expect(await loadEma(path)).toEqual({ kind, config, step, params: state.averages.ema })
  expect((await loadEma(path, { average: 'slow' })).params).toEqual(state.averages.slow)
  await expect(loadEma(path, { average: 'fast' })).rejects.toThrow(
    "expected an average, one of 'ema', 'slow'; got 'fast'",
  )
})

test('keeps the one before, and no other file', async () => {
  const folder = temporaryFolder()
  const path = pathIn(folder)
  for (const step of [1, 2, 3]) await saveCheckpoint(path, checkpointOf(step))
  expect(readdirSync(folder).sort()).toEqual(['model.previous.safetensors', 'model.safetensors'])
  expect((await loadCheckpoint(path)).step).toBe(3)
  expect((await loadCheckpoint(previousPath(path))).step).toBe(2)
})

test('values that are not finite never reach a file', async () => {
  const path = pathIn(temporaryFolder())
  await saveCheckpoint(path, checkpointOf(1))
  const bad = checkpointOf(2)
  const averages = { ema: { ...bad.state.averages.ema, bias: float32(Number.NaN) } }
  const state = { ...bad.state, averages }
  await expect(saveCheckpoint(path, { ...bad, state })).rejects.toThrow(
    "expected finite values in 'averages.ema.bias', got others",
  )
  expect((await loadCheckpoint(path)).step).toBe(1)
})

test('a corrupt file is a clear error that says which one to resume from', async () => {
  const path = pathIn(temporaryFolder())
  await saveCheckpoint(path, checkpointOf(1))
  const good = readFileSync(path)
  writeFileSync(
    path,
    good.map((byte, i) => (i === good.length - 5 ? byte ^ 64 : byte)),
  )
  await expect(loadCheckpoint(path)).rejects.toThrow(/the file is corrupt: expected SHA-256 .*; there is no older one/)
  writeFileSync(path, good)
  await saveCheckpoint(path, checkpointOf(2))
  writeFileSync(path, readFileSync(path).subarray(0, 700))
  const previous = previousPath(path)
  for (const load of [loadCheckpoint, loadEma])
    await expect(load(path)).rejects.toThrow(`the checkpoint before it is ${previous}: rename that to ${path}`)
  renameSync(previous, path)
  expect((await loadCheckpoint(path)).step).toBe(1)
})

test('other safetensors files and incomplete states are refused', async () => {
  const path = pathIn(temporaryFolder())
  await writeSafetensors(path, { weight: float32([1]) }, { format: 'pt' })
  await expect(loadCheckpoint(path)).rejects.toThrow(
    "expected a training checkpoint, got a file of weights of the format 'pt'; it is no checkpoint of training: choose another path",
  )
  const metadata = { format: 'cascade-diffusion training 2', kind: 'a', config: '1', settings: '{}', seed: '0' }
  const tensors = { 'params.w': float32([1]), 'averages.ema.b': float32([1]), losses: float32([]) }
  await writeSafetensors(path, tensors, { ...metadata, step: '0' })
  await expect(loadCheckpoint(path)).rejects.toThrow(
    "expected 'averages.ema' like 'params', got 'w' absent instead of float32 [1]",
  )
  const whole = { 'params.w': float32([1]), losses: float32([]) }
  await writeSafetensors(path, whole, { ...metadata, step: '2' })
  await expect(loadCheckpoint(path)).rejects.toThrow('expected 2 losses, got 0')
  await writeSafetensors(path, whole, { ...metadata, step: 'two' })
  await expect(loadCheckpoint(path)).rejects.toThrow("expected a step and a seed, got 'two', '0'")
})

test('what is no checkpoint is named, and the error does not say to remove it', async () => {
  const folder = temporaryFolder()
  const path = pathIn(folder)
  const refusal = async (file: string) => {
    const errors = await Promise.all(
      [loadCheckpoint, loadEma].map((load) => load(file).catch((error) => error.message)),
    )
    expect(errors[0]).toBe(errors[1])
    return errors[0].replace(`checkpoint ${file} cannot be used: `, '')
  }
  expect(await refusal(path)).toBe('expected a file, there is none')
  expect(await refusal(folder)).toBe(
    'expected a file, got a folder or a device; it is no checkpoint of training: choose another path',
  )
  const other = 'it is no checkpoint of training: choose another path'
  writeFileSync(path, '\x89PNG\r\n\x1a\n0000', 'latin1')
  expect(await refusal(path)).toBe(`expected a safetensors file, got a PNG image; ${other}`)
  writeFileSync(path, 'the notes of a run\n')
  expect(await refusal(path)).toBe(
    `expected a safetensors file, got a text that begins with "the notes of a run", not the weights; ${other}`,
  )
  await writeSafetensors(path, { w: float32([1]) }, { format: 'cascade-diffusion stage 1', stage: '{}' })
  expect(await refusal(path)).toBe(
    `expected a training checkpoint, got an exported file ('cascade-diffusion stage 1'), which fromPretrained reads, and from which training cannot resume; ${other}`,
  )
  await writeSafetensors(path, { w: float32([1]) })
  expect(await refusal(path)).toBe(`expected a training checkpoint, got a file of weights alone; ${other}`)
})

test('a damaged checkpoint of ours may be removed, and only if there is none to resume from', async () => {
  const path = pathIn(temporaryFolder())
  await saveCheckpoint(path, checkpointOf(1))
  writeFileSync(path, readFileSync(path).subarray(0, 900))
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /cut short.*; there is no older one beside it; remove it to start over/,
  )
  await saveCheckpoint(path, checkpointOf(2))
  writeFileSync(path, '')
  await expect(loadCheckpoint(path)).rejects.toThrow(`rename that to ${path} to resume from it`)
})

const mounted: string[] = []
afterAll(() => {
  for (const folder of mounted) execFileSync('umount', [folder])
})

/** A folder on a file system of 128 KiB, or undefined where this user may not mount one. */
function tinyDisk(): string | undefined {
  const folder = temporaryFolder()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]).status !== 0) return undefined
  mounted.push(folder)
  return folder
}
const disk = tinyDisk()

test.runIf(disk)('a full disk is a clear error, and both older checkpoints still load', async () => {
  const path = pathIn(disk!)
  await saveCheckpoint(path, checkpointOf(1))
  await saveCheckpoint(path, checkpointOf(2))
  const large = { w: zeros([20_000]) }
  const state = { params: large, averages: { ema: large }, optimizer: { m: large, v: large } }
  const save = saveCheckpoint(path, { ...checkpointOf(3), state })
  await expect(save).rejects.toThrow(`checkpoint ${path} not saved`)
  await expect(save).rejects.toThrow('the disk is full')
  expect((await loadCheckpoint(path)).step).toBe(2)
  expect((await loadCheckpoint(previousPath(path))).step).toBe(1)
  expect(readdirSync(disk!)).toHaveLength(2)
})

test('a folder that is missing is named, and nothing is made', async () => {
  const folder = join(temporaryFolder(), 'missing')
  await expect(saveCheckpoint(pathIn(folder), checkpointOf(1))).rejects.toThrow('its folder does not exist')
  expect(existsSync(folder)).toBe(false)
})

test('what is no path is an error', async () => {
  await expect(loadCheckpoint(undefined as never)).rejects.toThrow('checkpoint: expected a path, got undefined')
})

test('how far a run has come, without its weights', async () => {
  const folder = temporaryFolder()
  const path = pathIn(folder)
  expect(await checkpointProgress(path)).toBeUndefined()
  await saveCheckpoint(path, checkpointOf(3))
  const { kind, losses } = checkpointOf(3)
  expect(await checkpointProgress(path)).toEqual({ path, kind, step: 3, losses })
  renameSync(path, previousPath(path))
  expect(await checkpointProgress(path)).toMatchObject({ path: previousPath(path), step: 3 })
  await writeSafetensors(path, { w: zeros([1]) })
  await expect(checkpointProgress(path)).rejects.toThrow(
    `checkpoint ${path} cannot be used: expected a training checkpoint, got other weights`,
  )
})
