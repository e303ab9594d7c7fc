import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { cpu } from '../../lower/target.ts'
import { encodeModel } from '../../onnx/encode.ts'
import type { OnnxModel } from '../../onnx/model.ts'
import { onnxOf } from '../../testing/onnx-of.ts'
import { frugal } from './frugal.ts'

const LAYERS = 12

/** Layers, of each of which something is left that waits for the end. */
function layers(x: tf.Tensor): tf.Tensor[] {
  const kept: tf.Tensor[] = []
  let h = x
  for (let i = 0; i < LAYERS; i++) {
    h = tf.reshape(tf.tanh(tf.reshape(tf.mul(h, i + 1), [4, 6])), [2, 12])
    kept.push(tf.exp(h))
  }
  for (let i = 0; i < 40; i++) h = tf.mul(h, 1 + i / 99)
  return [...kept.map((k) => tf.sqrt(k)), h]
}

const model = onnxOf(cpu, (x) => layers(x as tf.Tensor), [[2, 12]])

/** The operators in the order in which ONNX Runtime calls them, and the results. */
async function run(written: OnnxModel): Promise<{ order: string[]; results: number[][] }> {
  const folder = temporaryFolder()
  const session = await ort.InferenceSession.create(encodeModel({ ...written, outputs: model.outputs }).bytes, {
    graphOptimizationLevel: 'disabled',
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  })
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i + 1))
  const fetches = Object.fromEntries(
    model.outputs.map(({ name, shape }) => [name, new ort.Tensor('float32', new Float32Array(24), [...shape])]),
  )
  const wanted = { ...fetches, ...(written.sequence && { [written.sequence]: null }) }
  await session.run({ input0: new ort.Tensor('float32', x, [2, 12]) }, wanted).catch((error) => {
    expect(error.message).toContain('Non tensor type')
  })
  session.endProfiling()
  await session.release()
  return { order: calledIn(folder), results: Object.values(fetches).map((t) => [...(t.data as Float32Array)]) }
}

/** The types of the operators of a profile, in the order of their calls. */
function calledIn(folder: string): string[] {
  const events = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Event[])
  return events.flatMap(({ cat, args }) => (cat === 'Node' && args.op_name ? [args.op_name] : []))
}

interface Event {
  readonly cat: string
  readonly args: { readonly op_name?: string }
}

test('what waits is made as early as in the traced function, and the results are the same', async () => {
  const [plain, careful] = [await run(model), await run(frugal(model))]
  expect(careful.results).toEqual(plain.results)
  expect(careful.results.flat().filter((v) => !Number.isFinite(v) || v === 0)).toEqual([])
  const steps = (order: string[]) => order.filter((op) => op === 'Tanh' || op === 'Exp')
  const pairs = Array.from({ length: LAYERS }, () => ['Tanh', 'Exp']).flat()
  expect(steps(careful.order)).toEqual(pairs)
  // As ONNX Runtime would have it, all layers come first.
  expect(steps(plain.order)).not.toEqual(pairs)
})

test('no shape of a tensor is a constant', () => {
  const { nodes, initializers } = frugal(model)
  const constants = new Set(initializers.map(({ name }) => name))
  const shapes = nodes.filter(({ opType }) => opType === 'Reshape').map(({ inputs }) => inputs[1] as string)
  expect(shapes.length).toBeGreaterThan(LAYERS)
  expect(shapes.filter((name) => constants.has(name))).toEqual([])
})
