import { createRequire } from 'node:module'
import { join } from 'node:path'
import { checkOnnxRuntime } from '@cascade-diffusion/jit'
import { giveResult } from './run-module.ts'

// The process of `onnxruntimeProbe`.
await giveResult(async () => {
  const [folder] = process.argv.slice(2) as [string]
  await checkOnnxRuntime(createRequire(join(folder, 'package.json'))(folder))
})
