import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { notPrinted, programsOf } from '../pages/programs.ts'
import type { Manager } from './managers.ts'
import { run } from './run.ts'

/** What the first `npm i` of a page installs, flags included; nothing if there is none. */
export function installLine(page: string): string[] | undefined {
  const [, words] = /^npm i ((?:.*\\\n)*.*)$/m.exec(page) ?? []
  return words?.split(/[\s\\]+/).filter((word) => word !== '')
}

/** An empty project in a folder. @returns its folder. */
async function newProject(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const project = await mkdtemp(join(folder, 'project-'))
  await writeFile(join(project, 'package.json'), '{"name":"project","private":true,"type":"module"}')
  // Yarn looks for no project further up.
  await writeFile(join(project, 'yarn.lock'), '')
  return project
}

/** What is done with a page's programs: they run, or what they import is loaded. */
export type Programs = 'run' | 'load'

/**
 * Does what a page says, in a new project: installs by its line, and runs its programs.
 * @param folder where projects are made.
 * @param registry our packages'.
 * @throws if the line fails, brings CUDA along, or a program fails, lacks an import, or prints something else than it says.
 */
export async function tryPage(
  page: string,
  manager: Manager,
  folder: string,
  registry: string,
  programs: Programs = 'run',
): Promise<string> {
  const words = installLine(page)
  if (!words) throw new Error('expected a line with npm i')
  const project = await newProject(folder)
  await run(manager.add(words), { cwd: project, env: manager.env(registry) })
  const cuda = (await readdir(project, { recursive: true })).filter((path) => /providers_cuda\.(so|dll)$/.test(path))
  if (cuda.length > 0) throw new Error(`expected no CUDA, got ${cuda.join(', ')}`)
  const trying = programsOf(page).filter(({ runs }) => runs)
  for (const { line, source } of trying) {
    const program = javascriptOf(source)
    await writeFile(join(project, `line-${line}.js`), programs === 'run' ? program : importsIn(program))
  }
  if (programs === 'load') {
    const all = trying.map(({ line }) => `await import('./line-${line}.js')\n`)
    await writeFile(join(project, 'load.js'), `${all.join('')}process.exit()\n`)
    await run(manager.node('load.js'), { cwd: project })
    return project
  }
  for (const { line, expected } of trying) {
    const output = await run(manager.node(`line-${line}.js`), { cwd: project })
    const missing = notPrinted(expected, output)
    if (missing !== undefined) throw new Error(`line ${line}: expected ${missing}, got ${output}`)
  }
  return project
}

const javascriptOf = (source: string): string =>
  transpileModule(source, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, verbatimModuleSyntax: true },
  }).outputText

/** The import statements of a program: loading them fails if a package or one of its exports is missing. */
export const importsIn = (program: string): string =>
  [...program.matchAll(/^import\s(?:[^']*\sfrom\s)?'[^']+';?$/gm)].map(([statement]) => `${statement}\n`).join('')
