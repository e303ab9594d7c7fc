// `bench <name> [options]`: runs one benchmark.
import { parseArgs } from 'node:util'
import { works } from './models.ts'
import { benchNetwork } from './network.ts'

const usage = `usage: bench network [--compile] [--rounds n] [--work name]... [--save]
  --compile   also against torch.compile, which takes minutes to compile
  --rounds n  how often each side takes its turn (default 15; less for what takes long)
  --work w    only ${works.map(({ name }) => name).join(', ')}
  --save      writes results of chosen works too; without --work they always are`

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      compile: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '15' },
      work: { type: 'string', multiple: true },
      save: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (positionals.join() !== 'network' || !(Number.isInteger(rounds) && rounds > 0)) throw new Error(usage)
  await benchNetwork({ compile: values.compile, rounds, works: values.work, save: values.save })
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
