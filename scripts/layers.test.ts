import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { layeringErrors, layers, readManifests } from './layers.ts'

const order = [['top'], ['left', 'right'], ['base']]
const name = (short: string) => `@cascade-diffusion/${short}`
const manifest = (short: string, ...on: string[]) => ({
  name: name(short),
  dependencies: Object.fromEntries(on.map((other) => [name(other), 'workspace:^'])),
})

test('dependencies may point down, over any number of layers', () => {
  expect(layeringErrors([manifest('top', 'left', 'base'), manifest('left', 'base'), manifest('base')], order)).toEqual(
    [],
  )
})

test('dependencies upwards, sideways and for tests are named', () => {
  const dev = { name: name('base'), devDependencies: { [name('top')]: 'workspace:^' } }
  expect(layeringErrors([manifest('left', 'right'), dev], order)).toEqual([
    '@cascade-diffusion/left must not depend on @cascade-diffusion/right: dependencies point down only',
    '@cascade-diffusion/base must not depend on @cascade-diffusion/top: dependencies point down only',
  ])
})

test('a package in no layer, or a dependency on one, is an error', () => {
  expect(layeringErrors([manifest('new'), manifest('top', 'new')], order)).toHaveLength(2)
})

const root = fileURLToPath(new URL('..', import.meta.url))

test('the packages of this workspace keep the order', () => {
  expect(layeringErrors(readManifests(root))).toEqual([])
})

test('CONTRIBUTING.md draws the same order', () => {
  const text = readFileSync(`${root}/CONTRIBUTING.md`, 'utf8')
  const drawing = layers.map((layer) => layer.join(' · ')).join('\n')
  expect(text).toContain(drawing)
})
