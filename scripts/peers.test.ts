import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readManifests } from './layers.ts'
import { peerErrors } from './peers.ts'

const name = (short: string) => `@cascade-diffusion/${short}`

test('peers are handed on, optional ones too', () => {
  const engine = { name: name('engine'), peerDependencies: { tensors: '^1' }, peerDependenciesMeta: { gpu: {} } }
  const brings = { dependencies: { [engine.name]: 'workspace:^' } }
  expect(peerErrors([engine, { name: name('a'), ...brings, peerDependencies: { tensors: '^1', gpu: '^1' } }])).toEqual(
    [],
  )
  expect(peerErrors([engine, { name: name('b'), ...brings, devDependencies: { tensors: '^1' } }])).toEqual([
    '@cascade-diffusion/b brings @cascade-diffusion/engine along, whose peer gpu it does not declare',
    '@cascade-diffusion/b brings @cascade-diffusion/engine along, whose peer tensors it does not declare',
  ])
  expect(peerErrors([engine, { name: name('for tests'), devDependencies: brings.dependencies }])).toEqual([])
})

test('the packages of this workspace hand their peers on', () => {
  expect(peerErrors(readManifests(fileURLToPath(new URL('..', import.meta.url))))).toEqual([])
})
