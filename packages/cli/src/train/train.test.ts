import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { npzLayout } from '@cascade-diffusion/checkpoints'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { main } from '../main.ts'
import { run } from '../test-support.ts'

const folder = temporaryFolder()
/** Noise, dark or light, in one file: no threads are needed to read it. */
const photos = join(folder, 'photos.npz')
const labels = Int32Array.from({ length: 48 }, (_, i) => i % 2)
const bytes = rng(1).integers([48 * 768], 0, 120).data
await writeImages(
  photos,
  Uint8Array.from(bytes, (byte, i) => byte + 120 * labels[Math.floor(i / 768)]!),
  labels,
)

const network = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
const config = join(folder, 'tiny.json')
const written = {
  data: { name: 'npz', path: photos, labels: 'arr_1', classNames: ['dark', 'light'] },
  stages: [
    { resolution: 8, network },
    { resolution: 16, network },
  ],
  training: { steps: 6, batchSize: 4, saveEvery: 2 },
  sampling: { steps: 3 },
  evaluation: { samples: 8, training: { steps: 3, batchSize: 8 } },
}
writeFileSync(config, JSON.stringify(written))
const out = join(folder, 'run')
const train = (...args: string[]) => run('train', '--config', config, '--out', out, ...args)

/** Writes images and labels as `sample` does. */
async function writeImages(path: string, images: Uint8Array, labels: Int32Array): Promise<void> {
  const values = [images, new Uint8Array(BigInt64Array.from(labels, BigInt).buffer)]
  const { places, size, frame } = npzLayout([
    { name: 'arr_0', type: 'uint8', shape: [labels.length, 16, 16, 3] },
    { name: 'arr_1', type: 'int64', shape: [labels.length] },
  ])
  const file = new Uint8Array(size)
  for (const [i, { position }] of places.entries()) file.set(values[i]!, position)
  for (const { position, bytes } of frame(places.map(({ crc }, i) => crc32(values[i]!, crc)))) file.set(bytes, position)
  writeFileSync(path, file)
}

/** The files of a folder and below that are the same whenever the run was interrupted. */
const lasting = (place: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() &&
          /^(checkpoints|cascade|samples)?$/.test(entry.parentPath.slice(place.length + 1).split('/')[0]!),
      )
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !/report\.html$|previous/.test(path))
      .sort()
      .map((path) => [path.slice(place.length + 1), readFileSync(path).toString('base64')]),
  )

test('the whole configuration, which is a configuration itself', async () => {
  const { code, text } = await train('--print-config', '--stages.1.training.steps', '7')
  expect(code).toBe(0)
  const plan = JSON.parse(text)
  expect(plan).toMatchObject({ seed: 0, evaluation: { features: 'classes', samples: 8 } })
  expect(plan.stages.map((stage: { training: { steps: number } }) => stage.training.steps)).toEqual([6, 7])
  expect(plan.stages[0]).toMatchObject({
    name: 'base',
    resolution: 8,
    network,
    sampling: { sampler: { name: 'ddim' } },
  })
  expect(existsSync(join(out, 'config.json'))).toBe(false)
  writeFileSync(join(folder, 'printed.json'), text)
  const again = await run('train', '--config', join(folder, 'printed.json'), '--out', out, '--print-config', '--json')
  expect(JSON.parse(again.text)).toEqual(plan)
})

test('one stage, then the other, then all: what is written is said', async () => {
  const first = await train('base')
  expect(first.code).toBe(0)
  expect(first.text).toContain(
    `photos: the configuration of ${config}\n  base: 8×8, 6 steps of 4 images\n  16x16: 16×16, 6 steps`,
  )
  expect(first.text).toContain('base: 6 of 6 steps\n16x16: 0 of 6 steps\nnot trained yet: 16x16\nwhat comes next:\n')
  expect(existsSync(join(out, 'cascade'))).toBe(false)
  const state = await run('inspect', out)
  expect(state.text).toMatch(/base +8×8, trained, 6 steps, mean loss of the last 6: /)
  expect(state.text).toMatch(/16x16 +16×16, not begun, of 6 steps/)
  expect(state.text).toContain(`cascade-diffusion train --out ${out}`)
  expect((await run('sample', out, '--out', join(folder, 'never'))).errors).toContain('still in training')

  const all = await train('--json')
  const result = JSON.parse(all.text)
  expect(result.stages).toMatchObject([
    { name: 'base', step: 6, trained: true },
    { name: '16x16', step: 6, trained: true },
  ])
  expect(result.written).toContainEqual({ what: 'trained cascade', path: join(out, 'cascade') })
  expect(result.written.map(({ path }: { path: string }) => path).every(existsSync)).toBe(true)
  expect(all.errors).toContain('base: trained, 6 steps')
  const whole = await run('inspect', out, '--json')
  expect(JSON.parse(whole.text)).toMatchObject({ kind: 'run', cascade: join(out, 'cascade'), plan: { name: 'photos' } })
  const samples = join(folder, 'samples')
  expect((await run('sample', out, '--count', '2', '--label', 'light', '--out', samples)).code).toBe(0)
})

test('changes that matter are refused, others are taken; a run resumes without its file', async () => {
  const refused = await train('--seed', '5', '--stages.0.training.batchSize', '8')
  expect(refused.code).toBe(1)
  expect(refused.errors).toContain('expected seed, 0 as before, got 5')
  expect(refused.errors).toContain('expected stages[0].training.batchSize, 4 as before, got 8')
  const { code, text } = await run('train', '--out', out, '--sampling.batchSize', '4')
  expect(code).toBe(0)
  expect(text).toContain(`the configuration of ${join(out, 'config.json')}`)
  expect(text).toMatch(/sampling\.batchSize: \d+ → 4 \(it affects speed and memory only\)/)
  expect(text).toContain('16x16: trained, 6 steps')
})

test('levels are searched, and samples evaluated', async () => {
  const { code, text, errors } = await run('search', out, '--stages.1.levels', '0,100')
  expect([code, errors]).toEqual([0, ''])
  expect(text).toMatch(/FID by s, non-truncated: [\d.]+ at 0, [\d.]+ at 100/)
  expect(text).toContain(join(out, 'metrics.json'))
  const evaluated = await run('evaluate', out, '--json', '--quiet')
  expect(evaluated.code).toBe(0)
  const { evaluation, written } = JSON.parse(evaluated.text)
  expect(evaluation.figures.fid.train.value).toBeGreaterThan(0)
  expect(written).toContainEqual({ what: 'figures', path: join(out, 'metrics.json') })
})

test('interrupted, it says how to go on, and ends in the same bytes', async () => {
  const other = join(folder, 'interrupted')
  const call = ['train', '--config', config, '--out', other]
  for (const stops of [1, 3]) {
    const stop = new AbortController()
    const errors: string[] = []
    let seen = 0
    const code = await main(call, {
      log: () => {},
      error: (line) => errors.push(line),
      progress: {
        write: (text: string) => {
          if (/^(base|16x16) /.test(text) && ++seen === stops) stop.abort()
        },
      },
      signal: stop.signal,
    })
    expect([code, errors.join()]).toEqual([130, expect.stringContaining('the same command resumes from them')])
  }
  expect(await run(...call)).toMatchObject({ code: 0 })
  const straight = join(folder, 'straight')
  await run('train', '--config', config, '--out', straight)
  const [a, b] = [lasting(other), lasting(straight)]
  expect(Object.keys(a)).toEqual(Object.keys(b))
  expect(Object.keys(b)).toContain('checkpoints/16x16.safetensors')
  expect(a).toEqual(b)
})

test('a restart begins anew, also with what would be refused', async () => {
  const { code, text } = await train('--restart', '--seed', '5', '--training.steps', '2')
  expect(code).toBe(0)
  expect(text).toContain('base: 2 of 2 steps\n16x16: 2 of 2 steps')
})

test('wrong calls', async () => {
  const failed = async (...args: string[]) => {
    const { code, errors } = await run(...args)
    expect(code).toBeGreaterThan(0)
    return errors
  }
  expect(await failed('train', 'bse', '--config', config, '--out', out, '--seed', '5')).toContain(
    "expected one of the stages base, 16x16, evaluator, got 'bse'. Did you mean 'base'?",
  )
  expect(await failed('train', '--out', join(folder, 'nowhere'))).toContain('expected a configuration')
  expect(await failed('train', '--config', join(folder, 'no.json'))).toContain('no such file')
  expect(await failed('train', '--config', config, '--trainig.steps', '3')).toContain("Did you mean '")
  expect(await failed('search', join(folder, 'nowhere'))).toContain('which does not exist')
  expect(await failed('evaluate')).toContain('missing required argument')
})
