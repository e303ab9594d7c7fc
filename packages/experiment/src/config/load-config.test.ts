import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCascadeError } from '@cascade-diffusion/checks'
import type { ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StageConfig } from './cascade-config.ts'
import { loadConfig } from './load-config.ts'

const home = process.cwd()
let folder = ''
beforeEach(() => {
  folder = temporaryFolder()
  process.chdir(folder)
})
afterEach(() => process.chdir(home))

const write = (name: string, lines: readonly string[]) => writeFileSync(join(folder, name), lines.join('\n'))

/** What loading throws, in words. */
const failure = async (path?: string) => {
  const error = await loadConfig(path).then(
    () => expect.unreachable(),
    (error: Error) => error,
  )
  expect(isCascadeError(error, 'input')).toBe(true)
  return error.message
}

test('none is an empty one; JSON is read', async () => {
  expect(await loadConfig()).toEqual({ path: undefined, config: {} })
  write('cascade.config.json', ['{ "data": "photos", "stages": [16, 64] }'])
  expect(await loadConfig()).toEqual({
    path: 'cascade.config.json',
    config: { data: 'photos', stages: [16, 64] },
  })
})

test('TypeScript with a custom augmentation, a module beside it, types and our packages', async () => {
  mkdirSync('parts')
  write('parts/grey.ts', [
    "import { type ConditioningAugmentation, drawLevels } from '@cascade-diffusion/conditioning-augmentation'",
    "import { add, zerosLike } from '@tensorflow/tfjs-core'",
    'export const grey = (maxLevel: number): ConditioningAugmentation<{}> => ({',
    "  name: 'grey', maxLevel, draw: (options) => ({ levels: drawLevels(options, { maxLevel }) }) as never,",
    '  apply: (z) => add(z, zerosLike(z)),',
    '})',
  ])
  write('cascade.config.ts', [
    "import { noAugmentation } from '@cascade-diffusion/conditioning-augmentation'",
    "import { type CascadeConfig, defineCascade } from 'cascade-diffusion'",
    "import { grey } from './parts/grey.ts'",
    'enum Side { Small = 16 }',
    'const config: CascadeConfig = {',
    "  data: await Promise.resolve('photos'),",
    '  stages: [Side.Small, { resolution: 32, augmentation: noAugmentation }, { resolution: 64, augmentation: grey(4) }],',
    '}',
    'export default defineCascade(config) satisfies CascadeConfig',
  ])
  const { path, config } = await loadConfig()
  expect(path).toBe('cascade.config.ts')
  expect(config.data).toBe('photos')
  const [, none, grey] = config.stages as [number, StageConfig, StageConfig]
  const { noAugmentation } = await import('@cascade-diffusion/conditioning-augmentation')
  expect(none.augmentation).toBe(noAugmentation) // shared with the program that loads it, not a copy
  const { draw, maxLevel } = grey.augmentation as ConditioningAugmentation
  expect(maxLevel).toBe(4)
  const { rng } = await import('@cascade-diffusion/random')
  expect(draw({ shape: [3, 8, 8, 3], rng: rng(0), level: 2 })).toEqual({ levels: [2, 2, 2] })
})

test('a package beside the configuration comes first', async () => {
  mkdirSync('node_modules/cascade-diffusion', { recursive: true })
  write('node_modules/cascade-diffusion/package.json', [
    '{ "type": "module", "exports": { ".": { "default": "./x.js" } } }',
  ])
  write('node_modules/cascade-diffusion/x.js', ['export const defineCascade = (config) => config'])
  for (const name of ['cascade.config.ts', 'other.mts', 'other.mjs', 'other.js']) {
    write(name, [
      "import { defineCascade } from 'cascade-diffusion'",
      "export default defineCascade({ data: 'photos' })",
    ])
    expect((await loadConfig(name)).config).toEqual({ data: 'photos' })
  }
})

test('an export `config`, CommonJS and a changed file', async () => {
  write('a.ts', ["export const config = { data: 'a' }"])
  expect((await loadConfig('a.ts')).config).toEqual({ data: 'a' })
  write('a.ts', ["export const config = { data: 'b' }"])
  expect((await loadConfig('a.ts')).config).toEqual({ data: 'b' })
  write('c.js', ["module.exports = { config: { data: 'c' } }"])
  expect((await loadConfig('c.js')).config).toEqual({ data: 'c' })
})

test.each([
  ['x.ts', ['export default {', "  data: 'x',", '  stages: [16, 64', '}'], 'line 4:0'],
  ['x.ts', ['const a: any = undefined', '', 'export default {', '  data: a.b.c,', '}'], "reading 'b'), at line 4:11"],
  ['x.ts', ["import { x } from './missing.ts'", 'export default { data: x }'], 'missing.ts'],
  ['x.ts', ["import { x } from 'no-such-package'", 'export default { data: x }'], 'no-such-package'],
  ['x.ts', ["throw 'an odd value'"], 'it threw an odd value'],
  [
    'x.ts',
    ["const config = { data: 'x' }"],
    'expected a configuration, export default defineCascade({ … }), got undefined',
  ],
  ['x.ts', ['export default () => ({})'], 'got the function _default'],
  ['x.ts', ["export default { data: 'x', stagse: [16] }"], "x.ts: unknown option 'stagse'. Did you mean 'stages'?"],
  ['x.json', ['{ "data": "x", }'], 'x.json: expected JSON, without comments'],
  ['x.json', ['{ "data": "x", "seed": "1" }'], "x.json: expected seed, an integer from 0, got '1'"],
  ['x.json', ['[]'], 'x.json: expected an object with'],
])('%s %j is refused', async (name, lines, message) => {
  write(name, lines)
  const found = await failure(name)
  expect(found).toContain(name)
  expect(found).toContain(message)
})

test('a missing file and two files are refused', async () => {
  expect(await failure('none.ts')).toBe('none.ts: expected a configuration, got no such file')
  expect(await failure(folder)).toContain(folder)
  write('cascade.config.json', ['{}'])
  write('cascade.config.ts', ['export default {}'])
  expect(await failure()).toBe(
    'expected one configuration in the working folder, got cascade.config.ts and cascade.config.json',
  )
})

test('a folder, and JSON with comments, are refused in words', async () => {
  expect(await failure('.')).toBe('.: expected the file of a configuration, got a folder')
  write('cascade.config.json', ['// mine', '{ "data": "photos" }'])
  expect(await failure()).toContain('cascade.config.json: expected JSON, without comments (cascade.config.js may')
})
