import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import { imageLoader } from '../loader/image-loader.ts'
import type { SkippedImage } from '../loader/unreadable.ts'
import { tarOf } from '../testing/tar-shards.ts'
import { transformed } from '../transforms/transformed.ts'
import { tarShards } from './tar-shards.ts'

const names = ['tarfile-pax.tar', 'gnu-tar-gnu.tar', 'tarfile-gnu.tar'] as const

test('threads load what read gives; a damaged image is named', async () => {
  const folder = temporaryFolder()
  for (const name of names) writeFileSync(join(folder, name), tarOf(name))
  const source = transformed(await tarShards(folder, { label: 'cls', incomplete: 'skip' }))
  const indices = shuffledIndices(source.count, 8, rng(1))
  {
    await using loader = imageLoader(source, { batchSize: 8, rng: rng(1), workers: 2 })
    for (const step of [0, 2]) expect(await loader.batch(step)).toEqual(await readBatch(source, indices(step)))
  }
  const damaged = tarOf(names[0])
  damaged.fill(0, damaged.indexOf('IHDR'), damaged.indexOf('IEND'))
  writeFileSync(join(folder, names[0]), damaged)
  const opened = await tarShards(folder, { label: 'cls', incomplete: 'skip' })
  const skipped: SkippedImage[] = []
  const report = (image: SkippedImage) => skipped.push(image)
  const options = { batchSize: source.count, order: 'sequential', unreadable: 'skip', workers: 1 } as const
  await using loader = imageLoader(transformed(opened), { ...options, report })
  const { label } = (await loader.batch(0)) as { readonly label: { readonly data: ArrayLike<number> } }
  const at = source.count - 5
  expect([label.data.length, skipped.map(({ index }) => index)]).toEqual([source.count - 1, [at]])
  expect(skipped[0]?.error.message).toContain(`${join(folder, names[0])}: x/1.png`)
})
