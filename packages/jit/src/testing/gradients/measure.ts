import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { onnxRuntimeNode } from '../../engines/onnxruntime-node.ts'
import { jit } from '../../jit.ts'
import { cpu, portable, type Target } from '../../lower/target.ts'
import { differences, weightsOf } from './differences.ts'
import { elementwiseGradients } from './elementwise.ts'
import type { GradientExample, GradientExamples } from './example.ts'
import { layerGradients } from './layers.ts'
import { shapeGradients } from './shapes.ts'

/** Examples of every kernel that gradients pass through, by its name. */
export const gradientExamples: GradientExamples = { ...elementwiseGradients, ...shapeGradients, ...layerGradients }

/**
 * The greatest difference between gradients and what differences say of them, relative to the largest of them, or 1.
 */
export interface Found {
  readonly compiled: number
  readonly eager: number
}

/** A function of the operands of all examples, which gives their gradients. */
const gradientsOf =
  (examples: readonly GradientExample[], kernels: boolean) =>
  (operands: readonly (readonly tf.Tensor[])[]): tf.Tensor[][] =>
    examples.map(({ op, kernel }, i) => {
      const called = kernels && kernel ? kernel : op
      return tf.grads((...xs: tf.Tensor[]) => {
        const y = called(...xs)
        return tf.sum(tf.mul(y, tf.tensor(weightsOf(y.shape).data, [...y.shape])))
      })(operands[i] as tf.Tensor[])
    })

/** Calls of a kernel's gradient while something runs. */
async function countGradients(name: string, run: () => Promise<unknown>): Promise<number> {
  const config = tf.getGradient(name)
  const { gradFunc } = config
  let calls = 0
  config.gradFunc = (...args) => {
    calls += 1
    return gradFunc(...args)
  }
  try {
    await run()
    return calls
  } finally {
    config.gradFunc = gradFunc
  }
}

function greatest(gradients: readonly (readonly NDArray[])[], expected: readonly (readonly Float64Array[])[]): number {
  const each = expected.flatMap((example, i) =>
    example.map((slopes, k) => {
      const { data } = (gradients[i] as readonly NDArray[])[k] as NDArray
      const size = slopes.reduce((max, slope) => Math.max(max, Math.abs(slope)), 1)
      // A difference that is no number is the worst there is.
      return slopes.reduce((max, slope, j) => {
        const off = Math.abs((data[j] as number) - slope) / size
        return Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(max, off)
      }, 0)
    }),
  )
  return Math.max(...each)
}

/**
 * Compares the gradients of all examples of a kernel with differences, compiled for each target and eager.
 * @throws if the kernel's gradient was not called while tracing.
 */
export async function measure(name: string, targets: readonly Target[] = [cpu, portable]): Promise<Found> {
  const examples = gradientExamples[name] as readonly GradientExample[]
  const operands = examples.map(({ at }) => at.map(({ data, shape }) => ndarray(data, [...shape])))
  const expected: Float64Array[][] = []
  for (const example of examples) expected.push(await differences(example))
  const compiled: number[] = []
  for (const target of targets) {
    const fn = jit(gradientsOf(examples, true), { engine: onnxRuntimeNode({ target, threads: 1, cache: false }) })
    let found: NDArray[][] = []
    const calls = await countGradients(name, async () => {
      found = (await fn(operands)) as NDArray[][]
    })
    await fn.dispose()
    if (calls === 0) throw new Error(`the examples of ${name} do not call its gradient`)
    compiled.push(greatest(found, expected))
  }
  const direct = (await eager(gradientsOf(examples, false), { backend: 'cpu' })(operands)) as NDArray[][]
  return { compiled: Math.max(...compiled), eager: greatest(direct, expected) }
}

/** Upper bounds of what is found, with room for other processors' rounding: one digit, 1, 2 or 5. */
export function bound(found: number): number {
  const least = Math.max(1e-8, 4 * found)
  const power = 10 ** Math.floor(Math.log10(least))
  return Number((([1, 2, 5, 10].find((digit) => digit * power >= least) ?? 10) * power).toExponential(0))
}
