// The memory of training: node --expose-gc --conditions=@cascade-diffusion/source --import=tsx benchmarks/leak.ts
// [steps] [engine]
import { type EngineName, jit } from '@cascade-diffusion/jit'
import { leakRun } from '../packages/training/src/testing/leak-run.ts'

const [steps = '10000', engine = 'cpu'] = process.argv.slice(2)
console.table(await leakRun((fn) => jit(fn, { engine: engine as EngineName }), Number(steps), 10))
