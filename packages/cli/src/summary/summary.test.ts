import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { run as command } from '../test-support.ts'

const run = (...args: string[]) => command('summary', ...args)
const file = (content: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'cli-summary-')), 'network.json')
  writeFileSync(path, content)
  return path
}

const encoder = {
  resolution: 8,
  imageChannels: 2,
  classes: 3,
  baseChannels: 8,
  channelMultipliers: [1],
  residualBlocks: 1,
  normGroups: 4,
  middleAttention: false,
  pool: 'adaptive',
}

test('lists the presets', async () => {
  const { code, text } = await run()
  expect(code).toBe(0)
  expect(text).toContain(
    'imagenet-32       792.3 million parameters (2.95 GiB in float32), 70.9 billion multiply-adds for one image',
  )
  expect(text.split('\n')).toHaveLength(9)
})

test('a preset, by block', async () => {
  const { code, text } = await run('lsun-64')
  expect(code).toBe(0)
  expect(text).toMatch(/^name +layers +output +parameters +multiply-adds\n/)
  expect(text).toMatch(/\nmiddle\.1 +5 +8×8×512 /)
})

test('a configuration, by layer and as JSON', async () => {
  const path = file(JSON.stringify(encoder))
  expect((await run(path, '--by', 'layer')).text).toMatch(/\npool\.out +linear +3 +27 +24\n/)
  const { layers, ...totals } = JSON.parse((await run(path, '--json')).text)
  // As the test of `summary` reckons by hand.
  expect(totals).toEqual({ parameters: 6723, multiplyAdds: 233_240 })
  expect(layers.at(-1)).toEqual({ name: 'pool.out', kind: 'linear', shape: [3], parameters: 27, multiplyAdds: 24 })
})

test('a checkpoint of PyTorch', async () => {
  const path = fileURLToPath(new URL('../../../unet/src/fixtures/improved-classcond/model.pt', import.meta.url))
  const { code, text } = await run(path, '--flags=--image_size 16 --num_heads 2 --use_new_attention_order False')
  expect(code).toBe(0)
  expect(text).toMatch(/\noutput +2 +16×16×6 /)
})

const config = 'expected the configuration of a U-Net or an encoder as JSON, with resolution, imageChannels, '

test.each([
  [file('{'), config],
  [file('{"classAccuracy":0.9,"fid":{}}'), 'residualBlocks; got an object with classAccuracy, fid'],
  [file('[1]'), 'residualBlocks; got an array of 1'],
  ['nowhere/network.json', 'residualBlocks: there is no such file'],
  [file(JSON.stringify({ ...encoder, pool: 'max' })), 'expected pool, one of'],
])('%s fails', async (path, message) => {
  const { code, text, errors } = await run(path)
  expect([code, text]).toEqual([1, ''])
  expect(errors).toContain(message)
})
