import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pages } from '../pages/pages.ts'
import type { ManagerName } from './managers.ts'
import { run } from './run.ts'
import { installLine } from './try-page.ts'
import { type Workbench, workbench } from './workbench.ts'

// `check:install` tries all pages with all managers. Here the strictest of the quick ones tries all of them, and the others one each.
const withLine = pages().filter(({ text }) => installLine(text))
const cases: [ManagerName, string][] = [
  ...withLine.map(({ path }): [ManagerName, string] => ['pnpm 10', path]),
  ['Yarn', 'packages/cascade/README.md'],
  ['npm 10', 'packages/cli/README.md'],
  ['npm 12', 'packages/jit/README.md'],
  ['bun', 'packages/jit/README.md'],
]

let bench: Workbench
const minutes = 60_000
beforeAll(async () => {
  bench = await workbench([...new Set(cases.map(([name]) => name))])
}, 15 * minutes)
afterAll(() => bench?.remove())

const textOf = (path: string) => withLine.find((page) => page.path === path)?.text as string

test.each(cases)('%s: %s', { timeout: 5 * minutes }, async (name, path) => {
  const manager = bench.managers.find((manager) => manager.name === name)
  await bench.tryPage(textOf(path), manager!)
})

test('types are whole without @types/node, all files of them', { timeout: 5 * minutes }, async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const names = pages().flatMap(({ path }) => /^packages\/(.*)\/README.md$/.exec(path)?.[1] ?? [])
  const packages = names.map((name) => `@cascade-diffusion/${name}`)
  const page = `\`\`\`sh\nnpm i ${packages.join(' ')} @tensorflow/tfjs-core --ignore-scripts\n\`\`\`\n`
  const project = await bench.tryPage(page, bench.managers.find(({ name }) => name === 'pnpm 10')!)
  const imports = packages.map((name, i) => `import * as package${i} from '${name}'\nvoid package${i}\n`)
  await writeFile(join(project, 'all.ts'), imports.join(''))
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    types: [],
    skipLibCheck: false,
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['all.ts'] }))
  const tsc = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false'] as const
  const said = await run(tsc, { cwd: project }).catch((error: Error) => error.message)
  // tfjs-core's own declarations use a type of @types/long that they do not import.
  const complaints = said
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/tfjs-core.*Cannot find name 'Long'/.test(line))
  expect(complaints).toEqual([])
  // The types of Node.js are out of sight indeed.
  await writeFile(join(project, 'all.ts'), "export const platform: NodeJS.Platform = 'linux'\n")
  await expect(run(tsc, { cwd: project })).rejects.toThrow("Cannot find namespace 'NodeJS'")
})

test('the version that the command says is that of its package', { timeout: 5 * minutes }, async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../packages/cli/package.json', import.meta.url), 'utf8'))
  const page = '```sh\nnpm i @cascade-diffusion/cli\n```\n'
  const project = await bench.tryPage(page, bench.managers.find(({ name }) => name === 'pnpm 10')!)
  const command = join(project, 'node_modules/@cascade-diffusion/cli/dist/bin.js')
  expect(await run([process.execPath, command, '--version'], { cwd: project })).toBe(`${version}\n`)
  // There is no engine, and the command says how to get one.
  await expect(run([process.execPath, command, 'doctor'], { cwd: project })).rejects.toThrow(
    'onnxruntime-node is not installed: npm i onnxruntime-node --ignore-scripts',
  )
})
