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

/**
 * Does what a page says, in a new project: installs by its line, and runs its programs.
 * @param folder where projects are made.
 * @param registry our packages'.
 * @throws if the line fails, brings CUDA along, or a program fails or prints something else than it says.
 */
export async function tryPage(page: string, manager: Manager, folder: string, registry: string): Promise<string> {
  const words = installLine(page)
  if (!words) throw new Error('expected a line with npm i')
  const project = await newProject(folder)
  await run(manager.add(words), { cwd: project, env: manager.env(registry) })
  const cuda = (await readdir(project, { recursive: true })).filter((path) => /providers_cuda\.(so|dll)$/.test(path))
  if (cuda.length > 0) throw new Error(`expected no CUDA, got ${cuda.join(', ')}`)
  for (const { line, source, expected, runs } of programsOf(page)) {
    if (!runs) continue
    const { outputText } = transpileModule(source, {
      compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, verbatimModuleSyntax: true },
    })
    await writeFile(join(project, `line-${line}.js`), outputText)
    const output = await run(manager.node(`line-${line}.js`), { cwd: project })
    const missing = notPrinted(expected, output)
    if (missing !== undefined) throw new Error(`line ${line}: expected ${missing}, got ${output}`)
  }
  return project
}
