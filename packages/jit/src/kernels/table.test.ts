import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { binaryKernels } from './binary.ts'
import { composedKernels } from './composed.ts'
import { concatKernels } from './concat.ts'
import { convolutionKernels } from './convolution/kernels.ts'
import { createKernels } from './create.ts'
import { gatherKernels } from './gather.ts'
import { groupNormKernels } from './group-norm.ts'
import { matMulKernels } from './matmul.ts'
import { padKernels } from './pad.ts'
import { poolKernels } from './pool.ts'
import { reduceKernels } from './reduce.ts'
import { reshapeKernels } from './reshape.ts'
import { resizeKernels } from './resize.ts'
import { sliceKernels } from './slice.ts'
import { kernels } from './table.ts'
import { unaryKernels } from './unary.ts'

/** Recorded by the tracer itself: tfjs has no such kernels. */
const internal = ['Constant', 'Splat']

const families = {
  'Element by element': { ...unaryKernels, ...binaryKernels },
  'Along axes': reduceKernels,
  'Shape and order': { ...reshapeKernels, ...sliceKernels, ...concatKernels, ...padKernels },
  'By index': gatherKernels,
  Creation: createKernels,
  Products: matMulKernels,
  Images: { ...convolutionKernels, ...poolKernels, ...resizeKernels },
  Composed: composedKernels,
  'Of `@cascade-diffusion/ops`': groupNormKernels,
}

test('the README lists every kernel', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const list = readme.split('\n## Kernels\n')[1]?.split('\n\nLimits')[0] ?? ''
  const listed = list
    .split('\n- ')
    .slice(1)
    .map((item) => item.replace(/\s+/g, ' '))
  const expected = Object.entries(families).map(([family, members]) => {
    const names = Object.keys(members).filter((name) => !internal.includes(name))
    return `${family}: ${names
      .sort()
      .map((name) => `\`${name}\``)
      .join(', ')}.`
  })
  expect(listed).toEqual(expected)
})

test('no kernel is in two families, and all are in the table', () => {
  const names = Object.values(families).flatMap((members) => Object.keys(members))
  expect(names.sort()).toEqual(Object.keys(kernels).sort())
})
