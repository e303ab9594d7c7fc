import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importCircles, importsOf, readImports } from './import-circles.ts'

test('relative imports are found, of types and of what is exported again', () => {
  const text = `
    import { readFile } from 'node:fs/promises'
    import type { A } from './a.ts'
    import './side-effect.ts'
    export { b, type B } from '../b.ts'
    export * from './c/c.ts'
    export const text = "import './not-this.ts'"
  `
  expect(importsOf('src/x/file.ts', text)).toEqual(['src/x/a.ts', 'src/x/side-effect.ts', 'src/b.ts', 'src/x/c/c.ts'])
})

test('circles are found, of one file, of two and of more', () => {
  const imports = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a', 'd']],
    ['d', ['e']],
    ['e', []],
    ['f', ['f']],
  ])
  expect(importCircles(imports)).toEqual(['a → b → c → a', 'f → f'])
  expect(
    importCircles(
      new Map([
        ['a', ['b']],
        ['b', []],
      ]),
    ),
  ).toEqual([])
})

test('no files of a package import each other in a circle', () => {
  const imports = readImports(fileURLToPath(new URL('..', import.meta.url)))
  expect(imports.size).toBeGreaterThan(300)
  expect(importCircles(imports)).toEqual([])
})
