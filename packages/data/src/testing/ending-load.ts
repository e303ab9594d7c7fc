import { rng } from '@cascade-diffusion/random'
import { imageLoader } from '../loader/image-loader.ts'
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { transformed } from '../transforms/transformed.ts'
import { jpegSource } from './jpeg-source.ts'

// A program that ends in the way that its argument names while threads load images, for loader/endings.test.ts.

const [how, folder] = process.argv.slice(2)
const source = transformed(await jpegSource(folder!, 16, { side: 256 }), centerCrop({ size: 16 }))
const loader = imageLoader(source, { batchSize: 16, rng: rng(0), workers: 2 })
await loader.batch(0)
process.stdout.write('begun\n')
if (how === 'close') await loader.close()
else if (how === 'await') {
  // The last thing that keeps the program alive is a batch.
  for (let step = 1; step < 20; step++) await loader.batch(step)
  process.stdout.write('loaded\n')
} else if (how !== 'end')
  setTimeout(() => {
    process.stdout.write('ending\n')
    if (how === 'exit') process.exit(3)
    if (how === 'throw') throw new Error('thrown')
    process.kill(process.pid, 'SIGINT')
  }, 5)
