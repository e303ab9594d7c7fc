// `bench <name> [options]`: runs one benchmark.
import { parseArgs } from 'node:util'
import { benchAccuracy } from './accuracy.ts'
import { benchColdStart } from './cold-start.ts'
import { benchFirstImage } from './first-image.ts'
import { benchImages } from './images.ts'
import { benchLoad } from './load.ts'
import { works } from './models.ts'
import { benchNetwork } from './network.ts'
import { profileWork } from './profile.ts'
import { benchStartup } from './startup.ts'

const usage = `usage: bench [network] [--compile] [--rounds n] [--work name]... [--save]
       bench [network] --profile [--rounds n] [--work name]...
       bench startup [--compile] [--rounds n] [--work name]... [--save]
       bench accuracy
       bench load [--rounds n]
       bench first-image [--rounds n]
       bench cold-start [--rounds n]
       bench images [--rounds n] [--images folder]
  --compile   also against torch.compile, which takes minutes to compile
  --rounds n  turns of each side (network 15, fewer for long workloads; startup 3, load 7, images 5, first-image 7)
  --work w    only ${works.map(({ name }) => name).join(', ')}
  --images f  JPEG files in a subfolder for each class (default: 5,000 are drawn)
  --profile   prints our times by operator and by shape (default: train-b8)
  --save      saves the results of chosen workloads; without --work all are saved`

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      images: { type: 'string' },
      compile: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      save: { type: 'boolean', default: false },
      work: { type: 'string', multiple: true },
    },
  })
  const { compile, images, profile, save, work } = values
  const rounds = (otherwise: number) => count(values.rounds ?? `${otherwise}`)
  const [name = 'network', ...more] = positionals
  if (more.length > 0) throw new Error(usage)
  if (name === 'accuracy') await benchAccuracy()
  else if (name === 'cold-start') benchColdStart({ rounds: rounds(20) })
  else if (name === 'images') await benchImages({ rounds: rounds(5), images })
  else if (name === 'first-image') await benchFirstImage({ rounds: rounds(7) })
  else if (name === 'load') await benchLoad({ rounds: rounds(7) })
  else if (name === 'startup') await benchStartup({ compile, rounds: rounds(3), works: work, save })
  else if (name !== 'network') throw new Error(usage)
  else if (profile) for (const one of work ?? ['train-b8']) await profileWork(one, rounds(10))
  else await benchNetwork({ compile, rounds: rounds(15), works: work, save })
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`bench: expected a number of rounds, got ${text}`)
  return Number(text)
}
