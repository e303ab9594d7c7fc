import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { tensorboardFiles } from './tensorboard-files.ts'

test('a file for each process, in the order of their starts, even within a second and with a clock set back', () => {
  const folder = join(temporaryFolder(), 'a/b')
  mkdirSync(folder, { recursive: true })
  const later = Math.floor(Date.now() / 1000) + 1000
  writeFileSync(join(folder, `events.out.tfevents.${later}.cascade-diffusion`), 'first')
  for (const step of [1, 2]) {
    const files = tensorboardFiles(folder)
    files.resume(step - 1)
    files.scalars(step, { loss: step })
    files.scalars(step + 1, { loss: step })
  }
  const names = readdirSync(folder).sort()
  expect(names).toEqual([0, 1, 2].map((i) => `events.out.tfevents.${later + i}.cascade-diffusion`))
  // The step that TensorBoard leaves out older events from: that of a start of a session (field 7), which is the second event.
  const starts = names.slice(1).map((name) => {
    const bytes = readFileSync(join(folder, name))
    const second = Number(bytes.readBigUInt64LE(0)) + 16 + 12
    return [...bytes.subarray(second + 9, second + 15)]
  })
  expect(starts).toEqual([1, 2].map((step) => [16, step, 58, 2, 8, 1]))
})

test('nothing is written before there is something to write, and a file in the way is named', () => {
  const parent = temporaryFolder()
  tensorboardFiles(join(parent, 'none')).resume(3)
  expect(readdirSync(parent)).toEqual([])
  writeFileSync(join(parent, 'taken'), '')
  const files = tensorboardFiles(join(parent, 'taken'))
  expect(() => files.scalars(1, { loss: 1 })).toThrow(/^could not write .*taken/)
})
