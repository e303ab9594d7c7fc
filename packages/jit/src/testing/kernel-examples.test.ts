import '@cascade-diffusion/ops'
import { describe, expect, test } from 'vitest'
import { lower } from '../compile/lower.ts'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { cpu, cpuExact, portable } from '../lower/target.ts'
import { operators } from '../onnx/operators.ts'
import { graphOfExample, kernelExamples, tracedKernels } from './kernel-examples.ts'

test('every kernel has examples', () => {
  expect(Object.keys(kernelExamples).sort()).toEqual([...tracedKernels].sort())
})

describe('ONNX Runtime takes every kernel, of every type it is said to have', () => {
  test.each(Object.keys(kernelExamples))('%s', async (name) => {
    const { types, calls } = kernelExamples[name]!
    for (const dtype of types)
      for (const example of calls) {
        const graph = graphOfExample(name, example, dtype)
        for (const target of [cpu, cpuExact, portable]) {
          const engine = onnxRuntimeNode({ target, threads: 1, cache: false })
          const executable = await engine.compile(lower(graph, target))
          await executable.dispose()
        }
      }
  })
})

test('a portable target has standard operators only', () => {
  for (const [name, { types, calls }] of Object.entries(kernelExamples))
    for (const dtype of types)
      for (const example of calls) {
        const domains = lower(graphOfExample(name, example, dtype), portable).nodes.map((node) => node.domain)
        expect(domains.filter((domain) => domain !== '')).toEqual([])
      }
})

test('the table of operators has each that a kernel is lowered to, and else only what batch sizes and engines need', () => {
  const emitted = new Set<string>()
  for (const [name, { types, calls }] of Object.entries(kernelExamples))
    for (const dtype of types)
      for (const example of calls)
        for (const target of [cpu, cpuExact, portable])
          for (const { opType } of lower(graphOfExample(name, example, dtype), target).nodes) emitted.add(opType)
  const others = ['Range', 'SequenceConstruct', 'SequenceEmpty']
  expect(Object.keys(operators).sort()).toEqual([...emitted, ...others].sort())
})
