/// <reference lib="dom" />
// Trains in a worker, so that the page stays responsive.
import { onnxRuntimeWeb } from '@cascade-diffusion/jit'
import { type Command, columns, type News } from './messages.ts'
import { labelRows } from './shapes.ts'
import { shapeTrainer } from './trainer.ts'

const samplingSteps = 20

const send = (news: News) => postMessage(news)
let running = false
let wake = () => {}

addEventListener('message', ({ data }: MessageEvent<Command>) => {
  running = data.type !== 'pause'
  wake()
  if (data.type === 'start') run(data.provider).catch((error) => send({ type: 'error', message: String(error) }))
})

async function run(provider: 'wasm' | 'webgpu'): Promise<void> {
  const { step, sample } = shapeTrainer(onnxRuntimeWeb({ provider }))
  const labels = labelRows(columns)
  // Samples take at most a quarter of the time.
  let [sampled, cost] = [0, 0]
  for (let done = 1; ; done++) {
    const begun = performance.now()
    const loss = await step()
    const now = performance.now()
    send({ type: 'step', step: done, loss, milliseconds: now - begun })
    if (done === 1 || now - sampled > 3 * cost) {
      const { data } = await sample(labels, samplingSteps)
      send({ type: 'samples', step: done, pixels: data as Float32Array })
      sampled = performance.now()
      // The first call compiles.
      cost = done === 1 ? 0 : sampled - now
    }
    // Lets messages in.
    await new Promise((done) => setTimeout(done))
    while (!running)
      await new Promise<void>((done) => {
        wake = done
      })
  }
}
