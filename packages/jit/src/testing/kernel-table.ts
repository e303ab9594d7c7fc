import '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { readFound } from './gradients/found.ts'
import type { Found } from './gradients/measure.ts'
import { graphOfExample, internalKernels, kernelExamples } from './kernel-examples.ts'
import { composedByTfjs, notes, notTraced } from './kernel-notes.ts'

/** The kernels that tfjs-core names. */
export const tfjsKernels: readonly string[] = Object.entries(tf)
  .filter(([key, value]) => key === value)
  .map(([key]) => key)
  .sort((a, b) => a.localeCompare(b))

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ')

/** Which operations the examples of a kernel are recorded as. */
function recorded(name: string): string {
  const { types, calls } = kernelExamples[name] as (typeof kernelExamples)[string]
  const nodes = calls.flatMap((example) => graphOfExample(name, example, types[0] ?? 'float32').nodes)
  const ops = [...new Set(nodes.map(({ op }) => op))]
  const parts = ops.filter((op) => !internalKernels.includes(op))
  if (parts.includes(name)) return 'rule'
  if (parts.length > 0) return `composed of ${code(parts)}`
  return ops.length > 0 ? 'constant' : 'nothing to compute'
}

/** tfjs has kernels for the gradients of some kernels; those have none themselves. */
const isGradient = (name: string) => /Grad$|Backprop/.test(name) && !tf.getGradient(name)

function gradient(name: string, found: Readonly<Record<string, Found>>): string {
  if (!tf.getGradient(name)) return isGradient(name) ? '' : 'no'
  const { compiled, eager } = found[name] ?? { compiled: Number.NaN, eager: Number.NaN }
  return `yes: ${compiled.toExponential(0)} / ${eager.toExponential(0)}`
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

const traced = (names: readonly string[], found: Readonly<Record<string, Found>>) =>
  table(
    ['kernel', 'recorded as', 'types', 'gradient', 'notes'],
    names.map((name) => {
      const types = kernelExamples[name]?.types.join(', ') ?? ''
      return [`\`${name}\``, recorded(name), types, gradient(name, found), notes[name] ?? '']
    }),
  )

/** The page docs/jit-kernels.md. */
export function kernelTable(): string {
  const found = readFound()
  const ours = Object.keys(kernelExamples)
  const supported = tfjsKernels.filter((name) => ours.includes(name))
  const named = ours.filter((name) => !tfjsKernels.includes(name)).sort()
  const composed = Object.entries(composedByTfjs).map(([name, parts]) => [`\`${name}\``, parts])
  const missing = Object.entries(notTraced).map(([name, reason]) => [`\`${name}\``, reason])
  return `# Kernels that jit compiles

<!-- Written by \`npx -y pnpm@10 docs:kernels\` from the rules and measured gradients; edit packages/jit/src/testing/kernel-notes.ts instead. -->

tfjs-core ${tf.version_core} names ${tfjsKernels.length} kernels, the operations that a backend implements. ${supported.length} can be traced, ${composed.length} is composed by
tfjs-core itself, and ${missing.length} cannot be expressed in ONNX with shapes known in advance. Operations that tfjs composes of traceable
kernels can be traced too: \`tf.moments\`, \`tf.rfft\`, \`tf.separableConv2d\`, …

- **Recorded as**: a \`rule\` turns the kernel into ONNX operators. Others are recorded as the kernels that they are composed of, or are known while tracing.
- **Types** are those of the main operands. Where ONNX has no arithmetic of integers, they are computed in float32 and cast back.
- **Gradient** says whether \`@cascade-diffusion/ops\` registers one, tfjs's or its own, and its largest deviation from finite differences
  in float64, compiled / eager on tfjs's cpu backend, relative to the largest element of the gradient, or to 1. These are bounds, with
  room for other processors. The examples (\`packages/jit/src/testing/gradients\`) have operands that broadcast, all strides, paddings,
  dilations and modes, and indices and axes counted from either end.

Every rule is tested against tfjs's cpu backend on random shapes. The ONNX checker accepts its graphs for every type and target
(\`npx -y pnpm@10 check:onnx\`).

## Traced

${traced(supported, found)}

## Traced, of \`@cascade-diffusion/ops\`

${traced(named, found)}

## Composed by tfjs-core

${table(['kernel', 'of'], composed)}

## Not traced

${table(['kernel', 'why'], missing)}
`
}
