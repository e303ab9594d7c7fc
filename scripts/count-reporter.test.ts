import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
const vitest = join(here, '../node_modules/vitest/vitest.mjs')

/** Runs vitest with the reporter over files made for the purpose; gives its exit code and last line. */
function run(files: Record<string, string>): { code: number | null; lines: string[] } {
  const root = mkdtempSync(join(here, '.count-'))
  try {
    writeFileSync(join(root, 'vitest.config.js'), `export default { test: { include: ['*.case.js'] } }`)
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(root, `${name}.case.js`), `import { test, describe, beforeAll } from 'vitest'\n${text}`)
    const reporters = ['--reporter=default', `--reporter=${join(here, 'count-reporter.ts')}`]
    const result = spawnSync(process.execPath, [vitest, 'run', '--root', root, ...reporters], { encoding: 'utf8' })
    return { code: result.status, lines: result.stdout.trimEnd().split('\n') }
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('the closing line counts passed tests over all files', () => {
  const { code, lines } = run({ a: `test('1', () => {}); test('2', () => {})`, b: `test('3', () => {})` })
  expect(lines.at(-1)).toBe('3 passed, 0 failed')
  expect(lines.filter((line) => line.includes('3 passed, 0 failed'))).toHaveLength(1)
  expect(code).toBe(0)
})

test('failed tests, files that do not load, failed hooks and errors outside tests all count as failed', () => {
  const { code, lines } = run({
    a: `test('passes', () => {}); test('fails', () => { throw new Error('no') }); test.skip('later', () => {}); test.todo('todo')`,
    b: `throw new Error('does not load')`,
    c: `describe('s', () => { beforeAll(() => { throw new Error('hook') }); test('not run', () => {}) })`,
    d: `test('rejects later', () => { Promise.reject(new Error('outside')) })`,
  })
  expect(lines.at(-1)).toBe('2 passed, 4 failed, 3 skipped')
  expect(code).toBe(1)
})
