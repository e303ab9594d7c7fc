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

// From an empty folder to pictures, by the words of the project's README.
const creators: ManagerName[] = ['npm 12', 'pnpm 10', 'Yarn']
const three = `import { loadCascade } from 'cascade-diffusion'
const cascade = await loadCascade('runs/my-cascade')
const images = await cascade.sample({ count: 2, steps: 2 })
await images.save('two')
`

test.each(creators)('%s create cascade-diffusion, install, first steps', { timeout: 5 * minutes }, async (name) => {
  const manager = bench.managers.find((manager) => manager.name === name)!
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

test('without an engine, the command says how to get one', { timeout: 5 * minutes }, async () => {
  const page = '```sh\nnpm i @cascade-diffusion/cli\n```\n'
  const project = await bench.tryPage(page, bench.managers.find(({ name }) => name === 'pnpm 10')!)
  const doctor = `import { main } from '@cascade-diffusion/cli'
const { signal } = new AbortController()
await main(['doctor'], { log: console.log, error: console.log, signal })
`
  await writeFile(join(project, 'doctor.js'), doctor)
  expect(await run([process.execPath, 'doctor.js'], { cwd: project })).toContain(
    'onnxruntime-node is not installed: npm i onnxruntime-node --ignore-scripts',
  )
})
