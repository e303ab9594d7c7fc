import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cascadeSampler } from '@cascade-diffusion/cascade'
import { readNpz } from '@cascade-diffusion/checkpoints'
import { decodeImage, toUint8 } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { contents, savedTinyCascade, tinyCascade } from '../cascade/tiny-cascade.ts'
import { main } from '../main.ts'
import { run } from '../test-support.ts'

const folder = temporaryFolder()
const cascade = await savedTinyCascade(join(folder, 'run/cascade'))

test('a run, its cascade, its manifest: the images that the library samples', async () => {
  const out = join(folder, 'samples')
  const { code, text } = await run('sample', join(folder, 'run'), '--count', '5', '--seed', '3', '--out', out)
  expect(code).toBe(0)
  expect(text).toContain(out)
  expect(readdirSync(out).sort()).toEqual([...[0, 1, 2, 3, 4].map((i) => `00000${i}.png`), 'samples.json'])
  const sampler = cascadeSampler(tinyCascade(), { compile: jit })
  const [, images] = await sampler.sample({ count: 5, labels: [0, 1, 0, 1, 0], rng: rng(3), batchSize: 16 })
  await sampler.dispose()
  const bytes = toUint8(images!)
  for (let i = 0; i < 5; i++) {
    const { data } = await decodeImage(readFileSync(join(out, `00000${i}.png`)))
    expect(data).toEqual(bytes.data.slice(i * data.length, (i + 1) * data.length))
  }
  for (const [i, path] of [cascade, join(cascade, 'cascade.json'), `${pathToFileURL(cascade)}/`].entries()) {
    const other = join(folder, `samples-${i}`)
    await run('sample', path, '--count', '5', '--seed', '3', '--out', other, '--quiet')
    expect(contents(other)).toEqual(contents(out))
  }
  const again = await run('sample', cascade, '--count', '5', '--seed', '3', '--out', out)
  expect(again.text).toContain('5 of 5 images were there already')
})

test('labels by name, for programs, as .npz, and as one picture', async () => {
  const out = join(folder, 'right.npz')
  const grid = join(folder, 'deep', 'grid.png')
  const options = ['--label', 'right', '--label', '0', '--count', '6', '--grid', grid, '--out', out]
  const { code, text } = await run('sample', cascade, ...options, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(text)).toEqual({
    count: 6,
    sampled: 6,
    seed: 0,
    size: [16, 16],
    labels: ['right', 'left'],
    written: [
      { what: 'images of sr', path: out },
      { what: 'all in one picture', path: grid },
      { what: 'what they are', path: `${out}.json` },
    ],
  })
  const { arr_0, arr_1 } = await readNpz(out)
  expect([...arr_1!.data].map(Number)).toEqual([1, 0, 1, 0, 1, 0])
  // Two columns of classes, three rows, four times as large, with borders of 2.
  const picture = await decodeImage(readFileSync(grid))
  expect(picture.shape).toEqual([3 * 66 + 2, 2 * 66 + 2, 3])
  const at = (y: number, x: number) => [...picture.data.slice(3 * (y * 134 + x)).slice(0, 3)]
  const pixel = (image: number, y: number, x: number) =>
    [...arr_0!.data.slice(3 * (image * 256 + y * 16 + x))].slice(0, 3)
  expect(at(2 + 66 + 5 * 4, 2 + 66 + 7 * 4)).toEqual(pixel(3, 5, 7))
})

test('choices of sampling, stages, and other images by them', async () => {
  const sampled = async (...options: string[]) => {
    const out = join(temporaryFolder(), 'samples')
    const { code, errors } = await run('sample', cascade, '--count', '2', '--out', out, ...options)
    expect([code, errors]).toEqual([0, expect.anything()])
    return contents(out)
  }
  const plain = await sampled()
  for (const options of ['--steps=2', '--sampler=ancestral', '--level=0', '--level=sr=9', '--seed=1'])
    expect(await sampled(options)).not.toEqual(plain)
  expect(await sampled('--level=sr=6')).toEqual(plain)
  const out = join(folder, 'all')
  await run('sample', cascade, '--count', '1', '--all-stages', '--out', out)
  expect(readdirSync(out).sort()).toEqual(['base', 'samples.json', 'sr'])
  const small = join(folder, 'small')
  await run('sample', cascade, '--count', '1', '--to', 'base', '--out', small)
  expect(readFileSync(join(small, '000000.png'))).toEqual(readFileSync(join(out, 'base/000000.png')))
})

test('an unconditional cascade needs no label, and takes none', async () => {
  const plain = await savedTinyCascade(join(folder, 'plain'), tinyCascade(null))
  const out = join(folder, 'unlabelled')
  expect(await run('sample', plain, '--count', '1', '--out', out)).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(join(out, 'samples.json'), 'utf8'))).toMatchObject({ classNames: null, labels: null })
  const { code, errors } = await run('sample', plain, '--label', 'left', '--out', out)
  expect(errors).toContain("--label: expected none, since the cascade has no classes, got 'left'")
  expect(code).toBe(2)
})

test.each([
  [
    ['--label', 'rihgt'],
    "--label: expected one of the classes left, right, by name or from 0 to 1, got 'rihgt'. Did you mean 'right'?",
  ],
  [['--to', 'bse'], "--to: expected one of the stages base, sr, got 'bse'. Did you mean 'base'?"],
  [['--sampler', 'unipcc'], "got 'unipcc'. Did you mean 'unipc'?"],
  [['--level', 'top=3'], "--level: expected one of the stages sr, got 'top'"],
  [['--level', 'high'], "--level: expected a number from 0, or STAGE=NUMBER, got 'high'"],
  [['--grid', 'all.jpg'], "--grid: expected a file that ends in .png, got 'all.jpg'"],
  [['--grid', 'all.png', '--count', '3000'], '--grid: expected at most 2500 images'],
])('wrong calls %#', async (options, message) => {
  const { code, errors } = await run('sample', cascade, '--out', join(folder, 'never'), ...options)
  expect(errors).toContain(message)
  expect(code).toBe(2)
})

test('what is no cascade', async () => {
  const failed = async (path: string) => {
    const { code, errors } = await run('sample', path, '--out', join(folder, 'never'))
    expect(code).toBe(1)
    return errors
  }
  expect(await failed(join(folder, 'nowhere'))).toContain('there is nothing')
  expect(await failed(join(cascade, 'sr.safetensors'))).toContain('`npx cascade-diffusion inspect` says what it is')
  expect(await failed(folder)).toContain('without cascade.json')
  mkdirSync(join(folder, 'begun/checkpoints'), { recursive: true })
  writeFileSync(join(folder, 'begun/config.json'), '{}')
  expect(await failed(join(folder, 'begun'))).toContain(`cascade-diffusion train --out ${join(folder, 'begun')}`)
  renameSync(join(folder, 'begun'), join(folder, 'gone'))
})

test('interrupted, it says how to go on, and the same call resumes', async () => {
  const out = join(folder, 'interrupted')
  const stop = new AbortController()
  const errors: string[] = []
  const lines: string[] = []
  const call = ['sample', cascade, '--count', '10', '--batch-size', '2', '--out', out]
  const code = await main(call, {
    log: (line) => lines.push(line),
    error: (line) => errors.push(line),
    progress: {
      write: (text: string) => {
        if (/sampling/.test(text)) stop.abort()
      },
    },
    signal: stop.signal,
  })
  expect(code).toBe(130)
  expect(errors.join()).toContain('the same command resumes')
  const { code: then } = await run(...call)
  expect(then).toBe(0)
  const whole = join(folder, 'whole')
  await run('sample', cascade, '--count', '10', '--batch-size', '2', '--out', whole)
  expect(contents(out)).toEqual(contents(whole))
})
