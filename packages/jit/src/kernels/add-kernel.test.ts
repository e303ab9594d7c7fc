import { float32, type NDArray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { halfNodes } from '../compile/half-nodes.ts'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { jit } from '../jit.ts'
import { portable } from '../lower/target.ts'
import { graphOf } from '../testing/onnx-of.ts'
import { onComplex } from './complex.ts'
import { unary } from './elementwise/elementwise.ts'
import { follows } from './half.ts'
import type { Kernels } from './kernel.ts'
import { kernels } from './table.ts'

/** A new family of one kernel, with all its facts: x³, and of a complex number (a + bi)³ = a³ − 3ab² + (3a²b − b³)i. */
const cubeKernels: Kernels = {
  Cube: unary((l, [x], shape) => l.op('Mul', [l.op('Mul', [x!, x!], shape), x!], shape), {
    half: follows,
    complex: onComplex(({ run }, { real, imag }) => {
      const [real3, imag3] = [run('Cube', [real])[0], run('Cube', [imag])[0]]
      const times = (...factors: (typeof real)[]) => factors.reduce((a, b) => run('Multiply', [a, b])[0])
      const mixed = (a: typeof real, b: typeof real) =>
        run(
          'AddN',
          [a, a, a].map((x) => times(x, b, b)),
        )[0]
      return { real: run('Sub', [real3, mixed(real, imag)])[0], imag: run('Sub', [mixed(imag, real), imag3])[0] }
    }),
  }),
}
// The line in the table.
Object.assign(kernels, cubeKernels)

const cube = <T extends tf.Tensor>(x: T): T => tf.engine().runKernel('Cube', { x }) as T

test('a kernel is one object and one line of the table: it is traced, lowered and run', async () => {
  const compiled = jit((x: tf.Tensor) => cube(x), { engine: onnxRuntimeNode({ threads: 1 }) })
  expect(await compiled(float32([-2, 0.5, 3]))).toEqual(float32([-8, 0.125, 27]))
  await compiled.dispose()
})

test('what it says of 16 bits and of complex tensors holds', async () => {
  const graph = graphOf((x: tf.Tensor2D) => cube(tf.matMul(x, x)), [[2, 2]])
  const half = halfNodes(graph, portable)
  expect(graph.nodes.filter((node) => half.has(node)).map(({ op }) => op)).toEqual(['BatchMatMul', 'Cube'])
  const compiled = jit(
    (a: tf.Tensor, b: tf.Tensor) => {
      const z = cube(tf.complex(a, b))
      return [tf.real(z), tf.imag(z)]
    },
    { engine: onnxRuntimeNode({ threads: 1 }) },
  )
  const [real, imag] = (await compiled(float32([1, 2]), float32([1, -1]))) as NDArray[]
  expect([...real!.data, ...imag!.data]).toEqual([-2, 2, 2, -11])
  await compiled.dispose()
})
