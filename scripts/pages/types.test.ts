import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { folderWithPackages } from './folder.ts'
import { pages } from './pages.ts'
import { programsOf } from './programs.ts'

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** What TypeScript says of the programs of these pages, by `page(line,column)`. */
function complaints(all: ReturnType<typeof pages>): string[] {
  const folder = folderWithPackages()
  try {
    const paths = new Map<string, string>()
    for (const { path, text } of all)
      for (const { line, source } of programsOf(text)) {
        const file = `${path.replaceAll('/', '_')}-${line}.ts`
        paths.set(file, path)
        writeFileSync(join(folder, file), `${source}\nexport {}\n`)
      }
    // As strict as `strict`, which says nothing of elements that an array may lack.
    const compilerOptions = { noUncheckedIndexedAccess: false, strict: true }
    const config = { extends: at('tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = [at('node_modules/typescript/bin/tsc'), '--pretty', 'false']
    const { stdout, error } = spawnSync(process.execPath, tsc, { cwd: folder, encoding: 'utf8' })
    if (error) throw error
    return stdout.split('\n').flatMap((text) => {
      const [, file = '', where] = /^([^(]+)(\(.*)$/.exec(text) ?? []
      return paths.has(file) ? [`${paths.get(file)}${where}`] : []
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the programs of all pages are right TypeScript', { timeout: 300_000 }, () => {
  const wrong = '```ts\nimport { float32 } from "@cascade-diffusion/arrays"\n\nfloat32("no")\n```'
  const [first, ...others] = complaints([...pages(), { path: 'wrong.md', text: wrong }]).toSorted(
    (a, b) => Number(b.startsWith('wrong.md')) - Number(a.startsWith('wrong.md')),
  )
  expect(first).toMatch(/^wrong\.md\(4,9\): error TS2345/)
  expect(others).toEqual([])
})

test('all blocks are of a language that is checked', () => {
  const languages = pages().flatMap(({ path, text }) =>
    [...text.matchAll(/^```(.*)\n[\s\S]*?^```$/gm)].map(([, info]) => [path, info?.split(' ')[0]]),
  )
  const known = ['ts', 'js', 'sh', 'python', 'text']
  expect(languages.filter(([, language]) => !known.includes(language ?? ''))).toEqual([])
})
