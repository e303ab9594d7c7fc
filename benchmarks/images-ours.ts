// Loads images: node images-ours.mjs time|digest folder|tar|parquet FOLDER exact|fast. Writes a line of JSON. `images.ts` bundles it and runs it.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  imageFolder,
  imageLoader,
  parquetImages,
  resizeCrop,
  tarShards,
  toUint8,
  transformed,
} from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'

const [what, kind, folder, how] = process.argv.slice(2) as [string, keyof typeof sources, string, string]
const decoding = { fast: how === 'fast' }
const sources = {
  folder: () => imageFolder(join(folder, 'folder'), { classes: 'folders', decoding }),
  tar: () => tarShards(join(folder, 'shards'), { label: 'cls', decoding }),
  parquet: () => parquetImages(join(folder, 'parquet', 'train.parquet'), { decoding }),
}
const [batchSize, size] = [32, 64]

const start = performance.now()
const source = await sources[kind]()
const dataset = transformed(source, resizeCrop({ size }))
const opened = performance.now()
if (what === 'time') {
  const loader = imageLoader(dataset, { batchSize, rng: rng(0), workers: 2 })
  let images = 0
  for (let step = 0; step < Math.floor(source.count / batchSize); step++)
    images += (await loader.batch(step)).image.shape[0] as number
  const end = performance.now()
  await loader.close()
  console.log(JSON.stringify({ openMs: opened - start, ms: end - opened, images }))
} else {
  const loader = imageLoader(dataset, { batchSize, order: 'sequential', workers: 2 })
  const [images, labels] = [createHash('sha256'), createHash('sha256')]
  for (let step = 0; step * batchSize < source.count; step++) {
    const batch = await loader.batch(step)
    images.update(toUint8(batch.image).data)
    labels.update(Uint8Array.from(batch.label?.data ?? []))
  }
  await loader.close()
  console.log(JSON.stringify({ images: images.digest('hex'), labels: labels.digest('hex') }))
}
