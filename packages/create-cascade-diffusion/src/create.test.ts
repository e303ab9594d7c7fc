import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCascadeError } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { create } from './command.ts'
import { projectFiles } from './project-files.ts'
import { runningManager } from './settle.ts'
import { writeProject } from './write-project.ts'

const run = async (...args: string[]) => {
  const [out, errors]: [string[], string[]] = [[], []]
  const code = await create(args, {
    terminal: false,
    log: (text) => out.push(text),
    error: (text) => errors.push(text),
  })
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

afterEach(() => vi.unstubAllEnvs())

test('--yes writes a project of the defaults and says what to do next', async () => {
  vi.stubEnv('npm_config_user_agent', 'pnpm/10.34.8 npm/? node/v22.0.0 linux x64')
  const folder = join(temporaryFolder(), 'My Digits')
  const { code, out, errors } = await run(folder, '--yes')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(out).toContain(`  cd ${folder}\n  pnpm install\n  pnpm train`)
  expect(readdirSync(folder).sort()).toEqual([
    ...['.gitignore', 'README.md', 'cascade.config.ts', 'package.json', 'pnpm-workspace.yaml', 'tsconfig.json'],
  ])
  expect(readFileSync(join(folder, 'cascade.config.ts'), 'utf8')).toContain("data: { name: 'mnist' }")
  const { name, scripts, dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(name).toBe('my-digits')
  expect(scripts.train).toBe('cascade-diffusion train')
  expect(dependencies).toEqual({ 'cascade-diffusion': `^${version}` })
  expect((await run('--version')).out).toBe(version)
})

test('images are found from the project; JSON points at its schema', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, "photos of '26"))
  const project = join(folder, 'project')
  const images = join(folder, "photos of '26")
  process.chdir(folder)
  await run('project', '--images', "photos of '26", '--yes', '--language', 'json', '--network', 'small')
  expect(JSON.parse(readFileSync(join(project, 'cascade.config.json'), 'utf8'))).toEqual({
    $schema: './node_modules/cascade-diffusion/cascade.schema.json',
    name: 'project',
    data: "../photos of '26",
    network: 'small',
  })
  expect(readdirSync(project)).not.toContain('tsconfig.json')
  await run('.', '--images', images, '--yes')
  expect(readFileSync(join(folder, 'cascade.config.ts'), 'utf8')).toContain(`data: "${images}"`)
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('cascade.config.ts')
})

test('nothing is written over', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'package.json'), 'mine')
  const { code, errors } = await run(folder, '--yes')
  expect(code).toBe(1)
  expect(errors).toContain(`expected none of its files in ${folder}, got package.json`)
  expect(readdirSync(folder)).toEqual(['package.json'])
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('mine')
  await expect(writeProject(join(folder, 'package.json'), { a: '' })).rejects.toThrow('expected a folder')
})

test.each([
  [['--yess'], "unknown option '--yess'. Did you mean '--yes'?"],
  [['--network', 'tny', '--yes'], "'paper'; got 'tny'. Did you mean 'tiny'?"],
  [['a', 'b', '--yes'], 'expected one folder, got a and b'],
  [['--images'], "'--images <value>' argument missing"],
  [['project', '--images', 'mnist'], 'expected --yes, or a terminal'],
])('%j is wrong usage', async (args, message) => {
  const { code, errors, out } = await run(...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(errors).toContain(message)
})

test('missing images are an error before anything is written', async () => {
  const folder = join(temporaryFolder(), 'project')
  const { code, errors } = await run(folder, '--yes', '--images', join(folder, 'nothing'))
  expect(code).toBe(1)
  expect(errors).toContain(`expected images at ${join(folder, 'nothing')}`)
  expect(() => readdirSync(folder)).toThrow('ENOENT')
})

test('answers are checked', () => {
  const wrong: [object, string][] = [
    [{ name: 'A b' }, "projectFiles: expected name, lower-case letters, digits, - and _, got 'A b'"],
    [{ images: '' }, 'expected images'],
    [{ newtork: 'tiny' }, "unknown option 'newtork'. Did you mean 'network'?"],
    [{ packageManager: 'npx' }, "Did you mean 'npm'?"],
  ]
  for (const [changes, message] of wrong) {
    const call = () => projectFiles({ name: 'a', images: 'photos', ...changes })
    expect(call).toThrow(message)
    expect(call).toThrow(expect.toSatisfy((error) => isCascadeError(error, 'input')))
  }
})

test('the package manager that runs it is recognised', () => {
  expect(runningManager('yarn/4.18.0 npm/? node/v22')).toBe('yarn')
  expect(runningManager('')).toBeUndefined()
})
