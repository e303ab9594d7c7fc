import { existsSync } from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { backendPackages } from '../backend-name.ts'
import { shimFiles } from '../tfjs-shim.ts'
import { versions } from '../versions.ts'
import type { InstallOptions } from './options.ts'
import { runCommand } from './run-command.ts'
import { unpackWheel } from './wheel.ts'

/** The tools that compile an add-on, and their Debian packages. */
const tools = [
  ['python3', 'python3'],
  ['make', 'make'],
  ['c++', 'g++'],
] as const

/** @throws if a tool is missing, with its Debian package. */
export async function checkTools(signal: AbortSignal): Promise<void> {
  const missing: string[] = []
  for (const [command, debian] of tools)
    await runCommand(command, ['--version'], { signal }).catch(() => {
      signal.throwIfAborted()
      missing.push(debian)
    })
  if (missing.length > 0)
    throw new CascadeError(
      'engine',
      `the add-on is compiled here, for which ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing: \`apt install ${missing.join(' ')}\`, or the equivalent of your system`,
    )
}

/** Has npm install packages into a folder, with its own configuration and without running scripts. */
async function npmInstall(folder: string, manifest: object, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ private: true, ...manifest }, null, 2)}\n`)
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--omit=dev']
  await runCommand('npm', args, { cwd: folder, signal })
}

/**
 * Installs the npm package of a backend into a folder, with our stand-ins for tfjs. Returns the folder of the package.
 */
export async function installPackage(name: 'node' | 'node-gpu', folder: string, signal: AbortSignal): Promise<string> {
  const { npm } = backendPackages[name]
  for (const [file, text] of Object.entries(shimFiles(versions.tfjs))) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  await npmInstall(
    folder,
    {
      dependencies: {
        [npm]: versions.tfjs,
        '@tensorflow/tfjs': 'file:tfjs',
        '@tensorflow/tfjs-core': 'file:tfjs-core',
      },
      overrides: { '@tensorflow/tfjs': '$@tensorflow/tfjs' },
    },
    signal,
  )
  return join(folder, 'node_modules', npm)
}

/** The headers that the add-on includes, directly or indirectly. */
const headers = /^tensorflow\/(include\/(?:tensorflow\/c|tensorflow\/core\/platform|tsl\/platform|xla\/tsl\/c)\/.*\.h)$/
const libraries = /^tensorflow\/(libtensorflow(?:_cc|_framework)\.so\.2)$/

/** Unpacks TensorFlow's libraries from its wheel to where the add-on of tfjs-node expects them. */
export async function unpackTensorFlow(wheel: string, folder: string, options: InstallOptions): Promise<void> {
  const { signal, progress } = options
  const deps = join(folder, 'deps')
  const files = await unpackWheel(wheel, {
    folder: deps,
    signal,
    place: (name) => name.match(headers)?.[1] ?? name.match(libraries)?.[1]?.replace(/^/, 'lib/'),
    progress: progress && ((done, total) => progress('unpacking', done, total)),
  })
  for (const [link, library] of [
    ['libtensorflow.so', 'libtensorflow_cc.so.2'],
    ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
  ] as const) {
    if (!files.includes(join(deps, 'lib', library)))
      throw new CascadeError('engine', `${wheel} does not contain ${library}`)
    await symlink(library, join(deps, 'lib', link))
  }
}

/** Compiles the add-on of tfjs-node in its folder, and removes the headers and sources that only this needed. */
export async function buildAddon(folder: string, workFolder: string, signal: AbortSignal): Promise<void> {
  const gyp = join(workFolder, 'node-gyp')
  await npmInstall(gyp, { dependencies: { 'node-gyp': versions.nodeGyp } }, signal)
  const node = await headersFolder(signal)
  const args = [
    join(gyp, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    'rebuild',
    ...(node ? [`--nodedir=${node}`] : []),
    '--',
    `-Dnapi_build_version=${versions.napi}`,
    '-Dmodule_name=tfjs_binding',
    `-Dmodule_path=${join(folder, 'lib', `napi-v${versions.napi}`)}`,
  ]
  await runCommand(process.execPath, args, { cwd: folder, signal })
  for (const part of [gyp, join(folder, 'build'), join(folder, 'deps', 'include')])
    await rm(part, { recursive: true, force: true })
}

/**
 * The folder of the headers of Node.js: beside its program, or the one that npm is configured with. Otherwise node-gyp
 * downloads them.
 */
async function headersFolder(signal: AbortSignal): Promise<string | undefined> {
  const prefix = dirname(dirname(process.execPath))
  if (existsSync(join(prefix, 'include', 'node', 'node_api.h'))) return prefix
  const configured = (await runCommand('npm', ['config', 'get', 'nodedir'], { signal })).trim()
  return existsSync(configured) ? configured : undefined
}
