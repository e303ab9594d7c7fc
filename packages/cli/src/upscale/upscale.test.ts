import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cascadeSampler } from '@cascade-diffusion/cascade'
import { readNpz } from '@cascade-diffusion/checkpoints'
import { type ByteImages, decodeImage, encodePng, fromUint8, resizeImage, toUint8 } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { contents, savedTinyCascade, tinyCascade } from '../cascade/tiny-cascade.ts'
import { run } from '../test-support.ts'

const folder = temporaryFolder()
const cascade = await savedTinyCascade(join(folder, 'cascade'))

/** An image of random bytes. */
const image = (height: number, width: number, seed: number): ByteImages => ({
  shape: [height, width, 3],
  data: Uint8Array.from(rng(seed).integers([height * width * 3], 0, 256).data),
})

const write = (path: string, image: ByteImages): string => {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, encodePng(image))
  return path
}

const pixels = async (path: string) => (await decodeImage(readFileSync(path))).data

/** What the library makes of small images. */
async function upsampled(images: readonly ByteImages[], labels: number[]): Promise<Uint8Array[]> {
  const sampler = cascadeSampler(tinyCascade(), { compile: jit })
  const data = Uint8Array.from(images.flatMap((image) => [...image.data]))
  const lowRes = fromUint8({ shape: [images.length, ...images[0]!.shape], data })
  const [large] = await sampler.sample({ lowRes, labels, rng: rng(0) })
  await sampler.dispose()
  const { data: bytes } = toUint8(large!)
  return images.map((_, i) => Uint8Array.from(bytes.subarray(i * 768, (i + 1) * 768)))
}

test('files of the size that a stage takes, with their names', async () => {
  const [a, b] = [image(8, 8, 1), image(8, 8, 2)]
  const paths = [write(join(folder, 'in/a b.png'), a), write(join(folder, 'in/c.png'), b)]
  const out = join(folder, 'out')
  const { code, text } = await run('upscale', cascade, ...paths, '--label', 'right', '--out', out)
  expect(code).toBe(0)
  expect(text).not.toContain('cropped')
  expect(readdirSync(out).sort()).toEqual(['a b.png', 'c.png', 'samples.json'])
  const expected = await upsampled([a, b], [1, 1])
  expect(await pixels(join(out, 'a b.png'))).toEqual(expected[0])
  expect(await pixels(join(out, 'c.png'))).toEqual(expected[1])
  const again = await run('upscale', cascade, ...paths, '--label', 'right', '--out', out)
  expect(again.text).toContain('2 of 2 images were there already')
  const { errors } = await run('upscale', cascade, ...paths, '--label', 'left', '--out', out)
  expect(errors).toContain('image 0: label: 1')
})

test('others are cropped and resized, and it is said', async () => {
  const [wide, tiny] = [image(20, 40, 3), image(4, 4, 4)]
  const path = write(join(folder, 'others/wide.png'), wide)
  write(join(folder, 'others/tiny.png'), tiny)
  const out = join(folder, 'fitted')
  const { code, text } = await run('upscale', cascade, join(folder, 'others'), '--label', '0', '--out', out)
  expect(code).toBe(0)
  expect(text).toContain("2 of 2 images cropped in the middle and resized to 8×8, which 'sr' takes")
  const box = resizeImage(wide, [8, 8], { filter: 'box', box: [0, 10, 20, 30] })
  const expected = await upsampled([resizeImage(tiny, [8, 8], { filter: 'bicubic' }), box], [0, 0])
  expect(await pixels(join(out, 'tiny.png'))).toEqual(expected[0])
  expect(await pixels(join(out, 'wide.png'))).toEqual(expected[1])
  const one = await run('upscale', cascade, path, '--label', '0', '--out', join(folder, 'one.npz'), '--json')
  expect(JSON.parse(one.text)).toMatchObject({ count: 1, from: 'sr', lowSize: [8, 8], fitted: true })
  expect((await readNpz(join(folder, 'one.npz'))).arr_0!.shape).toEqual([1, 16, 16, 3])
})

test('as large as they are, if all are of one size', async () => {
  const path = write(join(folder, 'large/photo.png'), image(16, 8, 5))
  const out = join(folder, 'kept')
  await run('upscale', cascade, path, '--label', '0', '--keep-size', '--out', out)
  expect((await decodeImage(readFileSync(join(out, 'photo.png')))).shape).toEqual([32, 16, 3])
})

test('classes of folders are those of the cascade; names stay apart', async () => {
  const classes = join(folder, 'classes')
  const [a, b] = [image(8, 8, 6), image(8, 8, 7)]
  write(join(classes, 'right/1.png'), a)
  write(join(classes, 'left/1.png'), b)
  const out = join(folder, 'by-class')
  expect(await run('upscale', cascade, classes, '--out', out)).toMatchObject({ code: 0 })
  const expected = await upsampled([b, a], [0, 1])
  expect(await pixels(join(out, 'left-1.png'))).toEqual(expected[0])
  expect(await pixels(join(out, 'right-1.png'))).toEqual(expected[1])
  write(join(classes, 'middle/1.png'), b)
  const { code, errors } = await run('upscale', cascade, classes, '--out', join(folder, 'never'))
  expect(errors).toContain(
    `expected classes of the cascade in '${classes}', got 'middle'; --label gives all images one`,
  )
  expect(code).toBe(1)
})

test('without a class, only stages that were trained without one too', async () => {
  const path = write(join(folder, 'photo.png'), image(8, 8, 8))
  const { code, errors } = await run('upscale', cascade, path, '--out', join(folder, 'never'))
  expect(errors).toContain("--label: expected the class of the images, since 'sr' is conditioned on one: left, right")
  expect(code).toBe(2)
  const dropped = await savedTinyCascade(join(folder, 'dropped'), tinyCascade(['left', 'right'], 0.1))
  const out = join(folder, 'no-class')
  expect(await run('upscale', dropped, path, '--out', out)).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(join(out, 'samples.json'), 'utf8')).labels).toEqual([-1])
  await run('upscale', dropped, path, '--label', 'left', '--out', join(folder, 'a-class'))
  expect(contents(out)['photo.png']).not.toEqual(contents(join(folder, 'a-class'))['photo.png'])
})

test('wrong calls', async () => {
  const path = write(join(folder, 'photo.png'), image(8, 8, 8))
  const failed = async (...options: string[]) => {
    const { code, errors } = await run('upscale', cascade, ...options, '--out', join(folder, 'never'))
    expect(code).toBeGreaterThan(0)
    return errors
  }
  expect(await failed(path, '--from', 'base')).toContain(
    "--from: expected one of the stages that take images, sr, got 'base'",
  )
  expect(await failed(path, '--to', 'base')).toContain("--to: expected one of the stages sr, got 'base'")
  expect(await failed(join(folder, 'nothing'))).toContain('there is none')
  expect(await failed()).toContain("missing required argument 'IMAGES'")
})
