import { mkdirSync, writeFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodePng } from '../../packages/data/src/images/png.ts'
import { temporaryFolder } from '../../packages/testing/src/index.ts'
import { readManifests, scope } from '../layers.ts'
import { pages } from '../pages/pages.ts'
import type { ManagerName } from './managers.ts'
import { run } from './run.ts'
import { installLine } from './try-page.ts'
import { type Workbench, workbench } from './workbench.ts'

// `check:install` runs all pages with all managers. Here pnpm, the strictest of the quick ones, installs all of them, and runs those that
// run nowhere else. Of the others it loads what they import: two managers, which create no project below, run one each, and
// `scripts/pages` runs the rest from the sources.
const withLine = pages().filter(({ text }) => installLine(text))
const byOthers: [ManagerName, string][] = [
  ['npm 10', 'packages/cli/README.md'],
  ['bun', 'packages/jit/README.md'],
]
const fromSources = (path: string) => !path.startsWith('packages/') || path === 'packages/cascade/README.md'
const cases = withLine.map(({ path, text }) => {
  const elsewhere = fromSources(path) || byOthers.some(([, other]) => other === path)
  return { does: elsewhere ? ('load' as const) : ('run' as const), path, text }
})

const creators: ManagerName[] = ['npm 12', 'pnpm 10', 'Yarn']

let bench: Workbench
const minutes = 60_000
beforeAll(async () => {
  bench = await workbench([...byOthers.map(([name]) => name), ...creators])
}, 15 * minutes)
afterAll(() => bench?.remove(), 5 * minutes)

const textOf = (path: string) => withLine.find((page) => page.path === path)?.text as string

const managerOf = (name: ManagerName) => bench.managers.find((manager) => manager.name === name)!

test.each(cases)('pnpm 10: $path, $does', { timeout: 5 * minutes }, async ({ does, text }) => {
  await bench.tryPage(text, managerOf('pnpm 10'), does)
})

test.each(byOthers)('%s: %s', { timeout: 5 * minutes }, async (name, path) => {
  await bench.tryPage(textOf(path), managerOf(name))
})

// From an empty folder to pictures, by the words of the project's README.
const three = `import { loadCascade } from 'cascade-diffusion'
const cascade = await loadCascade('runs/my-cascade')
const images = await cascade.sample({ count: 2, steps: 2 })
await images.save('two')
`

test.each(creators)('%s create cascade-diffusion, install, first steps', { timeout: 5 * minutes }, async (name) => {
  const manager = managerOf(name)
  const { folder, run: command } = await bench.createProject(manager, ['--images', drawnPictures(), '--yes'])
  const dashes = manager.command === 'npm' ? ['run', 'train', '--'] : ['train']
  const few = [
    '--stages',
    '8,16',
    '--training.steps',
    '1',
    '--training.batchSize',
    '4',
    '--evaluation.training.steps',
    '1',
  ]
  await command(...dashes, ...few, '--evaluation.samples', '4', '--sampling.steps', '2')
  await writeFile(join(folder, 'three.js'), three)
  await run(manager.node('three.js'), { cwd: folder })
  expect(await readdir(join(folder, 'two'))).toEqual(['000000.png', '000001.png'])
  const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const version = await command(
    ...(manager.command === 'npm' ? ['exec', '--'] : ['exec']),
    'cascade-diffusion',
    '--version',
  )
  expect(dependencies['cascade-diffusion']).toBe(`^${version.trim()}`)
})

/** Twenty-four pictures of two classes, in a folder for each. */
function drawnPictures(): string {
  const folder = temporaryFolder()
  for (const [k, name] of ['day', 'night'].entries()) {
    mkdirSync(join(folder, name))
    for (let i = 0; i < 12; i++) {
      const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => ((at * (i + 1)) % 100) | (k === 0 ? 128 : 0))
      writeFileSync(join(folder, name, `${i}.png`), encodePng({ shape: [16, 16, 3], data }))
    }
  }
  return folder
}

test('types are whole without @types/node, all files of them', { timeout: 5 * minutes }, async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const packages = readManifests(root).flatMap(({ name }) => (name === `${scope}testing` ? [] : [name]))
  const page = `\`\`\`sh\nnpm i ${packages.join(' ')} @tensorflow/tfjs-core --ignore-scripts\n\`\`\`\n`
  const project = await bench.tryPage(page, managerOf('pnpm 10'))
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

test('without an engine, the command says how to get one', { timeout: 5 * minutes }, async () => {
  const page = '```sh\nnpm i @cascade-diffusion/cli\n```\n'
  const project = await bench.tryPage(page, managerOf('pnpm 10'))
  const doctor = `import { main } from '@cascade-diffusion/cli'
const { signal } = new AbortController()
await main(['doctor'], { log: console.log, error: console.log, signal })
`
  await writeFile(join(project, 'doctor.js'), doctor)
  expect(await run([process.execPath, 'doctor.js'], { cwd: project })).toContain(
    'onnxruntime-node is not installed: npm i onnxruntime-node --ignore-scripts',
  )
})
