import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { picture } from '../../testing/pillow-cases.ts'
import { mixBytes } from '../mix-bytes.ts'
import { passesOf } from '../plan.ts'
import { heldBytes, mixByWasm } from './mix-by-wasm.ts'

/** An image, and the passes to a part of it resized. */
function example(seed: number) {
  let state = seed
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const [height, width, channels] = [1 + below(70), 1 + below(70), 1 + below(4)]
  const size = [1 + below(90), 1 + below(90)] as const
  const filter = (['box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const)[below(5)]!
  const kind = (['noise', 'extremes', 'smooth'] as const)[below(3)]!
  const [top, left] = [below(size[0]), below(size[1])]
  const keep = { top, left, height: 1 + below(size[0] - top), width: 1 + below(size[1] - left) }
  const box = below(3) === 0 ? ([0, 0, (height + 1) / 2, width] as const) : ([0, 0, height, width] as const)
  const region = { top: 0, left: 0, height, width }
  const { data } = picture({ seed, kind, from: [height, width, channels] })
  return { pixels: { region, channels, data }, passes: passesOf(region, filter, { filter, size, box, keep }) }
}

test('every part of every image is what TypeScript computes', () => {
  let both = 0
  for (let seed = 0; seed < 2000; seed++) {
    const { pixels, passes } = example(seed)
    if (passes.length === 0) continue
    if (passes.length === 2) both++
    const made = mixByWasm(pixels, passes)!
    const expected = passes.reduce(mixBytes, pixels)
    expect(made.region).toEqual(expected.region)
    if (Buffer.compare(made.data, expected.data) !== 0) expect(made.data).toEqual(expected.data)
  }
  expect(both).toBeGreaterThan(1500)
})

test('memory grows to the largest image; what a large one took is given back', () => {
  const resized = (side: number) => {
    const region = { top: 0, left: 0, height: side, width: side }
    const keep = { top: 0, left: 0, height: 8, width: 8 }
    const passes = passesOf(region, 'bicubic', { filter: 'bicubic', size: [8, 8], box: [0, 0, side, side], keep })
    return mixByWasm({ region, channels: 3, data: new Uint8Array(3 * side * side).fill(200) }, passes)!.data
  }
  const even = new Uint8Array(192).fill(200)
  expect(resized(16)).toEqual(even)
  const least = heldBytes()
  expect(resized(1000)).toEqual(even)
  const grown = heldBytes()
  expect(grown).toBeGreaterThan(3e6)
  expect(grown).toBeLessThan(least + 4e6)
  expect(resized(500)).toEqual(even)
  expect(heldBytes()).toBe(grown)
  expect(resized(4000)).toEqual(even)
  expect(heldBytes()).toBe(0)
  expect(resized(16)).toEqual(even)
  expect(heldBytes()).toBe(least)
})

test('without SIMD the same images are computed by TypeScript', () => {
  const code = `
    const { readFileSync } = await import('node:fs')
    const { isDeepStrictEqual } = await import('node:util')
    const { expectedOf, resultOf } = await import('./packages/data/src/testing/pillow-cases.ts')
    const { heldBytes } = await import('./packages/data/src/resize/wasm/mix-by-wasm.ts')
    const { cases } = JSON.parse(readFileSync('packages/data/src/resize/fixtures/pillow-resize.json', 'utf8'))
    console.log(cases.length, cases.filter((one) => isDeepStrictEqual(resultOf(one), expectedOf(one))).length, heldBytes())`
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  // V8 has no SIMD without the instructions of SSE 4.1. (Other machines have it regardless.)
  const cwd = fileURLToPath(new URL('../../../../..', import.meta.url))
  const out = execFileSync(process.execPath, ['--no-enable-sse4-1', ...flags, '-e', code], { cwd, encoding: 'utf8' })
  const [cases, agreed, held] = out.split(' ').map(Number)
  expect(agreed).toBe(cases)
  if (process.arch === 'x64') expect(held).toBe(0)
}, 60_000)
