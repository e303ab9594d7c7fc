// `bench <name> [options]`: runs one benchmark.
import { parseArgs } from 'node:util'
import { benchNetwork } from './network.ts'

const usage = `usage: bench network [--compile] [--rounds n] [--work name]...
  --compile   also against torch.compile, which takes minutes to compile
  --rounds n  how often each side takes its turn (default 15)
  --work w    only forward-b1, forward-b8 or train-b8; writes no results file`

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      compile: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '15' },
      work: { type: 'string', multiple: true },
    },
  })
  const rounds = Number(values.rounds)
  if (positionals.join() !== 'network' || !(Number.isInteger(rounds) && rounds > 0)) throw new Error(usage)
  await benchNetwork({ compile: values.compile, rounds, works: values.work })
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
