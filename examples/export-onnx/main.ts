// Exports a small U-Net as ONNX, and runs the file with ONNX Runtime only.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { int32 } from '@cascade-diffusion/arrays'
import { exportOnnx, jit, saveOnnx } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { unet } from '@cascade-diffusion/unet'
import * as ort from 'onnxruntime-node'

const { values } = parseArgs({ options: { out: { type: 'string', default: 'runs' } } })
await mkdir(values.out, { recursive: true })

// Random weights, large enough to show in the output. Those of a checkpoint work as well.
const net = unet({
  resolution: 16,
  imageChannels: 3,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  attentionResolutions: [8],
  numClasses: 10,
})
const weights = Object.fromEntries(
  Object.entries(net.parameterShapes).map(([name, shape]) => {
    const { data, ...array } = rng(0).fold(name).normal(shape)
    return [name, { ...array, data: data.map((w) => 0.05 * w) }]
  }),
)

// Host arrays become weights, descriptions become inputs; 'N' leaves the batch size open.
const model = exportOnnx(
  net.apply,
  [weights, { shape: ['N', 16, 16, 3] }, { shape: ['N'] }, { label: { shape: ['N'], dtype: 'int32' } }],
  {
    inputs: ['', 'xt', 'noise', 'condition'],
    output: 'epsilon',
    metadata: { name: 'unet', description: 'Predicts the noise in 16×16 images.', properties: { license: 'MIT' } },
  },
)
const file = join(values.out, 'unet.onnx')
await saveOnnx(file, model)
console.log(`${file}: ${model.nodes.length} operators, ${model.initializers.length} constants`)

// The rest needs only ONNX Runtime, in any language.
const session = await ort.InferenceSession.create(file)
console.log(`inputs: ${session.inputNames.join(', ')}; outputs: ${session.outputNames.join(', ')}`)
const compiled = jit(net.apply)
for (const n of [1, 2, 7, 16]) {
  const xt = rng(n).normal([n, 16, 16, 3])
  const noise = rng(n).fold('noise').uniform([n])
  const label = int32(Array.from({ length: n }, (_, i) => i % 10))
  const { epsilon } = await session.run({
    xt: new ort.Tensor('float32', xt.data, xt.shape),
    noise: new ort.Tensor('float32', noise.data, noise.shape),
    'condition.label': new ort.Tensor('int32', label.data, label.shape),
  })
  const { data } = await compiled(weights, xt, noise, { label })
  const difference = Math.max(...data.map((x, i) => Math.abs(x - Number(epsilon!.data[i]))))
  const relative = difference / Math.max(...data.map(Math.abs))
  console.log(
    `batch ${n}: [${epsilon!.dims}], differs by ${relative.toExponential(0)} of its range from the network here`,
  )
}
await compiled.dispose()
