import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { int32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import type { Cascade } from '../cascade/cascade.ts'
import { tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import type { SearchAugmentationOptions } from './augmentation-plan.ts'
import { searchAugmentation } from './search-augmentation.ts'
import { searchSampling } from './search-sampling.ts'

const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 14, 3] } as const
const weights = (seed: number) => tinyNetwork().init(rng(seed))
const cascade: Cascade = {
  stages: [
    { stage: tinyBase(), params: weights(4), sampling },
    { stage: tinySuperResolution(), params: weights(5), sampling },
  ],
}
const common = {
  compile: eager,
  count: 4,
  labels: int32([0, 1, 0, 1]),
  rng: rng(2),
  batchSize: 2,
  objective: ({ value }: { readonly value: number }) => value,
}
const options = { ...common, levels: { count: 3 }, refine: 1 }
type Options = Partial<SearchAugmentationOptions<{ readonly value: number }>>

/** Runs the search; says which stages were sampled and which trials evaluated. */
async function search(changes: Options = {}) {
  const [sampled, evaluated]: [string[], string[]] = [[], []]
  const result = await searchAugmentation(cascade, {
    ...options,
    samplingProgress: ({ stage, done, count }) => void (done === count && sampled.push(stage)),
    async evaluate({ level, truncated, images }) {
      evaluated.push(`${level}${truncated ? 't' : ''}`)
      return { value: images.data.reduce((sum, x) => sum + x * x, 0), failures: truncated ? Infinity : Number.NaN }
    },
    ...changes,
  })
  return { ...result, sampled, evaluated }
}

/** The same search in a process of its own, which says what it does. */
const program = `
import { int32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { tinyBase, tinyNetwork, tinySuperResolution } from './src/test-support.ts'
import { searchAugmentation } from './src/search/search-augmentation.ts'
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 14, 3] }
const weights = (seed) => tinyNetwork().init(rng(seed))
const say = async (line) => {
  console.log(line)
  await new Promise((done) => setTimeout(done, 100))
}
await searchAugmentation(
  {
    stages: [
      { stage: tinyBase(), params: weights(4), sampling },
      { stage: tinySuperResolution(), params: weights(5), sampling },
    ],
  },
  {
    compile: eager,
    count: 4,
    labels: int32([0, 1, 0, 1]),
    rng: rng(2),
    batchSize: 2,
    levels: { count: 3 },
    refine: 1,
    folder: process.env.FOLDER,
    async evaluate({ level, truncated, images }) {
      await say('evaluating ' + level + (truncated ? 't' : ''))
      return { value: images.data.reduce((sum, x) => sum + x * x, 0), failures: truncated ? Infinity : NaN }
    },
    objective: ({ value }) => value,
  },
)
`

/** Runs the program until it says that, then kills it. */
function killedAt(folder: string, last: string): Promise<string[]> {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawn(process.execPath, flags, {
    cwd,
    env: { ...process.env, FOLDER: folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(program)
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    if (line === last) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) =>
    child.on('error', reject).on('close', (_, signal) => {
      expect(signal).toBe('SIGKILL')
      resolve(lines)
    }),
  )
}

test('killed twice and resumed, it ends as uninterrupted; what was finished is not done again', async () => {
  const whole = await search()
  expect(whole.evaluated.slice(0, 5)).toEqual(['0', '6', '6t', '12', '12t'])
  const folder = temporaryFolder()
  expect(await killedAt(folder, 'evaluating 6')).toEqual(['evaluating 0', 'evaluating 6'])
  expect(readdirSync(folder).sort()).toEqual(['samples', 'search.json'])
  expect(await killedAt(folder, 'evaluating 12')).toEqual(['evaluating 6', 'evaluating 6t', 'evaluating 12'])

  const { sampled, evaluated, ...resumed } = await search({ folder })
  const { sampled: _, evaluated: all, ...uninterrupted } = whole
  expect(resumed).toEqual(uninterrupted)
  expect(evaluated).toEqual(all.slice(3))
  // Finished images of the base are read. It is sampled for each truncated trial that is left.
  expect(sampled.filter((stage) => stage === 'base')).toHaveLength(
    evaluated.filter((trial) => trial.endsWith('t')).length,
  )
  expect(sampled.filter((stage) => stage === 'sr')).toHaveLength(evaluated.length)
  expect(readFileSync(join(folder, 'augmentation.txt'), 'utf8')).toBe(resumed.table)
  expect(readFileSync(join(folder, 'augmentation.svg'), 'utf8')).toBe(resumed.chart)

  const again = await search({ folder })
  expect([again.evaluated, again.sampled]).toEqual([[], []])
  expect(again.searches).toEqual(whole.searches)
})

test('what a run left that was killed while it wrote is removed', async () => {
  const folder = temporaryFolder()
  await search({ folder, levels: [0, 6], ways: 'non-truncated' })
  const left = ['search.json.123-4.partial', join('samples', 'base-0123456789abcdef.safetensors.123-5.partial')]
  for (const name of left) writeFileSync(join(folder, name), 'half')
  writeFileSync(join(folder, 'notes.partial'), 'mine')
  await search({ folder, levels: [0, 6], ways: 'non-truncated' })
  expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.partial'))).toEqual([
    'notes.partial',
  ])
})

test('an evaluation that is no number is not recorded: the mended evaluator resumes', async () => {
  const folder = temporaryFolder()
  const broken = search({ folder, refine: 0, objective: ({ value }) => (value > 1e9 ? value : Number.NaN) })
  await expect(broken).rejects.toThrow('expected an objective that is a number, got NaN in trial 1')
  expect((await search({ folder, refine: 0 })).evaluated).toEqual(['0', '6', '6t', '12', '12t'])
})

test('rounds end when nothing is left to refine', async () => {
  const { evaluated } = await search({ levels: [0, 3], ways: 'non-truncated', refine: 1e9 })
  expect(evaluated.length).toBeLessThanOrEqual(4)
})

test('levels, rounds and ways may be added, and another objective chosen; only what is new is sampled', async () => {
  const folder = temporaryFolder()
  const first = await search({ folder, levels: [0, 6], refine: 0, ways: 'non-truncated' })
  expect(first.evaluated).toEqual(['0', '6'])
  const more = await search({ folder, levels: [0, 6, 9], refine: 0 })
  expect(more.evaluated).toEqual(['6t', '9', '9t'])
  const other = await search({
    folder,
    levels: [0, 9],
    refine: 0,
    ways: 'non-truncated',
    objective: ({ value }) => -value,
  })
  expect(other.evaluated).toEqual([])
  expect(other.searches[0]!.best.objective).toBe(-Math.max(...other.searches[0]!.trials.map((t) => t.evaluation.value)))
  const cascade3 = { stages: cascade.stages.map((stage, i) => (i === 1 ? { ...stage, level: 6 } : stage)) } as Cascade
  const evaluated: unknown[] = []
  const { trials } = await searchSampling(cascade3, {
    ...common,
    folder,
    candidates: [{}, { steps: 2 }],
    async evaluate({ sampling }) {
      evaluated.push(sampling.steps)
      return { value: 1 }
    },
  })
  expect(evaluated).toEqual([2])
  expect(trials[0]!.evaluation).toEqual(first.searches[0]!.trials[1]!.evaluation)
  expect(readdirSync(folder)).toContain('sampling-sr.svg')
})

test('another search in the same folder is refused, and the error lists what differs', async () => {
  const folder = temporaryFolder()
  await search({ folder })
  const before = readFileSync(join(folder, 'search.json'), 'utf8')
  for (const [changes, differs] of [
    [
      { count: 3, labels: [0, 1, 0] },
      ['  count: 4 in the folder, 3 now', /^ {2}labels: "sha256 .*" in the folder, "sha256 /],
    ],
    [{ labels: [1, 1, 0, 1] }, [/^ {2}labels: /]],
    [{ rng: rng(3) }, [/^ {2}rng: "sha256 .*" in the folder, /]],
  ] as const) {
    const error = await search({ folder, ...changes } as Options).catch((error) => error)
    const [head, ...lines] = error.message.split('\n')
    expect(head).toBe(`searchAugmentation: expected the settings of the search in ${folder}, got others:`)
    expect(lines).toEqual([
      ...differs.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
      'restore them to resume it, or choose another folder',
    ])
    expect(error.code).toBe('checkpoint')
  }
  const [base, sr] = cascade.stages as [Cascade['stages'][0], Cascade['stages'][0]]
  const retrained = { stages: [base, { ...sr, params: weights(6) }] } as Cascade
  const all = { ...options, folder, evaluate: () => ({ value: 1 }) }
  await expect(searchAugmentation(retrained, all)).rejects.toThrow(
    /\n {2}stages\.sr\.weights: "sha256 .*" in the folder, /,
  )
  await expect(
    searchAugmentation({ stages: [base, { ...sr, stage: tinySuperResolution({ name: 'up' }) }] } as Cascade, all),
  ).rejects.toThrow(/\n {2}stages\.sr: .* in the folder, absent now\n {2}stages\.up: absent in the folder, /)
  expect(readFileSync(join(folder, 'search.json'), 'utf8')).toBe(before)
  // The batch size affects no image.
  expect((await search({ folder, batchSize: 3 })).evaluated).toEqual([])
})

test('a folder that is damaged or cannot be made is an error that names the file', async () => {
  const folder = temporaryFolder()
  await search({ folder, levels: [1], refine: 0 })
  const path = join(folder, 'search.json')
  truncateSync(path, 100)
  await expect(search({ folder })).rejects.toMatchObject({
    code: 'checkpoint',
    message: expect.stringContaining(`searchAugmentation: expected JSON in ${path}: `),
  })
  writeFileSync(path, '{ "format": "cascade-diffusion cascade 1" }')
  await expect(search({ folder })).rejects.toThrow("expected format, one of 'cascade-diffusion search 1'")
  await expect(search({ folder: join(path, 'x') })).rejects.toMatchObject({ code: 'file' })
})
