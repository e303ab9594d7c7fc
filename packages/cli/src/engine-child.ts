import { giveResult } from '@cascade-diffusion/backends'
import { checkEngine, type EngineName } from '@cascade-diffusion/jit'

// A process of its own for each engine.
await giveResult(() => checkEngine(process.argv[2] as EngineName))
