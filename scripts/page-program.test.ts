import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pageProgram } from './page-program.ts'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Whether a comment is what was printed; `…` at its end stands for any more. */
const says = (comment: string | undefined, line: string) =>
  comment === line || (comment?.endsWith('…') && line.startsWith(comment.slice(0, -1)))

test('a page is one program, and says what its lines print', () => {
  const page =
    'text\n\n```js\nconst x = 1 // one\nconsole.log(x) // 1\n```\n\n```sh\nls\n```\n\n```js\nf(x)\n// two\n```\n'
  expect(pageProgram(page)).toEqual({
    source: 'const x = 1 // one\nconsole.log(x) // 1\n\nf(x)\n// two\n',
    expected: ['1', 'two'],
  })
})

test.each(['docs/jit-in-five-minutes.md'])('%s prints what it says', (path) => {
  const { source, expected } = pageProgram(readFileSync(at(path), 'utf8'))
  // In a folder where the packages are found, and where what is written does no harm.
  const folder = mkdtempSync(join(at('benchmarks/node_modules'), '.page-'))
  try {
    writeFileSync(join(folder, 'page.mjs'), source)
    const options = ['--conditions=@cascade-diffusion/source', `--import=${import.meta.resolve('tsx')}`]
    const { stdout, stderr, status } = spawnSync(process.execPath, [...options, 'page.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, CASCADE_DIFFUSION_CACHE: 'off' },
    })
    if (status !== 0) throw new Error(stderr)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line, i) => (says(expected[i], line) ? expected[i] : line))).toEqual(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
