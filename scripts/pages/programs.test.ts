import { expect, test } from 'vitest'
import { notPrinted, programsOf } from './programs.ts'

const page = `text

\`\`\`js
const x = 1 // one
console.log(x) // 1
\`\`\`

\`\`\`sh
ls
\`\`\`

\`\`\`js continues
f(x)
// a comment
// → two
\`\`\`

<!-- with
declare const y: number
-->

\`\`\`ts download
y
\`\`\`
`

test('the programs of a page, at their lines', () => {
  const [first, second, ...rest] = programsOf(page)
  expect(rest).toEqual([])
  expect(first).toMatchObject({ line: 3, runs: true, expected: ['1', 'two'] })
  expect(first!.source.split('\n')[12]).toBe('f(x)')
  expect(first!.source.replace(/\n+/g, '\n')).toBe(
    '\nconst x = 1 // one\nconsole.log(x) // 1\nf(x)\n// a comment\n// → two\n',
  )
  expect(second).toMatchObject({ line: 22, runs: false, expected: [] })
  expect(second!.source.trim().split(/\n+/)).toEqual(['declare const y: number', 'y'])
  expect(() => programsOf('```ts donwload\n```')).toThrow("got 'donwload'")
})

test('what comments say is compared with what was printed', () => {
  const output = 'starting\n{\n  a: 1,\n  b: [ 2, 3 ]\n}\n0.123456\nend\n'
  expect(notPrinted(['{ a: 1, b: [ 2, 3 ] }', '0.12…', 'end'], output)).toBeUndefined()
  expect(notPrinted(['{ a: …, b: … }'], output)).toBeUndefined()
  expect(notPrinted(['end', 'starting'], output)).toBe('starting')
  expect(notPrinted(['{ a: 1 }'], output)).toBe('{ a: 1 }')
  expect(notPrinted(['0.12'], output)).toBe('0.12')
})
