import { createRequire } from 'node:module'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { giveResult } from './run-module.ts'

/** An ONNX model of one node: c = a·b for two float32 matrices [2, 2]. */
const product =
  'CAg6VQoRCgFhCgFiEgFjIgZNYXRNdWwSAWdaEwoBYRIOCgwIARIICgIIAgoCCAJaEwoBYhIOCgwIARIICgIIAgoCCAJiEwoBYxIOCgwIARIICgIIAgoCCAJCAhAR'

interface Tensor {
  readonly data: Float32Array
}

interface Ort {
  InferenceSession: { create(model: Uint8Array): Promise<{ run(feeds: object): Promise<{ c: Tensor }> }> }
  Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => Tensor
}

await giveResult(async () => {
  const [folder] = process.argv.slice(2) as [string]
  const ort = createRequire(join(folder, 'package.json'))(folder) as Ort
  const session = await ort.InferenceSession.create(Buffer.from(product, 'base64'))
  const a = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2])
  const { c } = await session.run({ a, b: a })
  if (String(c.data) !== '7,10,15,22')
    throw new CascadeError('engine', `expected a product of 7,10,15,22, got ${c.data}`)
})
