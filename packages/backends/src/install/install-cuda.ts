import { existsSync } from 'node:fs'
import { link, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { cacheFolder } from '@cascade-diffusion/files'
import { findPackage, versionIn } from '../locate.ts'
import { onnxruntimeProbe } from '../probe.ts'
import { runModule } from '../run-module.ts'
import { onnxruntimeWheels } from '../versions.ts'
import { cudaRequirements } from './cuda-requirements.ts'
import { fetchWheel } from './fetch-wheel.ts'
import type { InstallOptions } from './options.ts'
import { type Receipt, readReceipt, receiptFile, writeReceipt } from './receipt.ts'
import { unpackWheel } from './wheel.ts'

/** The libraries of the CUDA provider. */
const libraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const

/** The folder of the program's `onnxruntime-node`, and the folder in it with the libraries for this machine. */
async function onnxruntimeFolders(
  from?: readonly string[],
): Promise<{ folder: string; libraries: string } | undefined> {
  const folder = findPackage('onnxruntime-node', from)
  if (!folder) return undefined
  const bin = join(folder, 'bin')
  const napi = (await readdir(bin)).find((name) => name.startsWith('napi-v'))
  return napi === undefined ? undefined : { folder, libraries: join(bin, napi, process.platform, process.arch) }
}

/** Options of {@link install}. */
export interface InstallCudaOptions extends InstallOptions {
  /** Files or folders from which to look for `onnxruntime-node`, as the program that uses it would. */
  readonly from?: readonly string[]
}

/**
 * Adds the CUDA provider to the program's `onnxruntime-node`: the libraries of the `onnxruntime-gpu` wheel of the same
 * version, beside the libraries of the package. A package manager that reinstalls the package removes them.
 * @throws without changes: if there is no `onnxruntime-node` or no such wheel for this machine, if a download fails or
 * is corrupt, or if ONNX Runtime would no longer work on the CPU.
 */
export async function installCuda(options: InstallCudaOptions): Promise<Receipt> {
  const { signal, log, progress, from, cache = cacheFolder() } = options
  const machine = `${process.platform}-${process.arch}`
  const kind = onnxruntimeWheels[machine]
  if (!kind)
    throw new CascadeError(
      'engine',
      `the CUDA provider is for ${Object.keys(onnxruntimeWheels).join(' and ')}, not for ${machine}`,
    )
  const found = await onnxruntimeFolders(from)
  if (!found || !existsSync(found.libraries))
    throw new CascadeError(
      'engine',
      'onnxruntime-node is not installed: `npm i onnxruntime-node --ignore-scripts`, then install its CUDA provider',
    )
  const version = versionIn(found.folder)
  const wheel = await fetchWheel({ ...kind, version }, { ...options, cache })
  // On the same file system, so that each library appears complete or not at all.
  const fresh = await mkdtemp(join(found.libraries, '.cuda-'))
  const placed: string[] = []
  try {
    log?.('unpacking its libraries')
    const files = await unpackWheel(wheel, {
      folder: fresh,
      signal,
      place: (name) => libraries.find((library) => name === `onnxruntime/capi/${library}`),
      progress: progress && ((done, total) => progress('unpacking', done, total)),
    })
    if (files.length !== libraries.length)
      throw new CascadeError('engine', `${wheel} does not contain ${libraries.join(' and ')}`)
    await keepOld(found.libraries, fresh)
    for (const library of libraries) {
      await rename(join(fresh, library), join(found.libraries, library))
      placed.push(library)
    }
    log?.('trying ONNX Runtime')
    const probe = await runModule(onnxruntimeProbe, [found.folder], { signal })
    if (!probe.ok)
      throw new CascadeError('engine', `with the CUDA provider ONNX Runtime no longer works: ${probe.error}`)
    const sizes = await Promise.all(libraries.map(async (library) => (await stat(join(found.libraries, library))).size))
    const receipt: Receipt = {
      name: 'cuda',
      folder: found.libraries,
      versions: { 'onnxruntime-node': version, [kind.project]: version },
      bytes: sizes.reduce((a, b) => a + b),
      files: libraries,
      needs: await cudaRequirements(wheel),
    }
    await writeReceipt(found.libraries, receipt)
    await rm(wheel)
    return receipt
  } catch (error) {
    for (const library of placed) await restore(found.libraries, fresh, library)
    throw error
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** Keeps the libraries of an earlier installation, under other names in `fresh`. */
async function keepOld(folder: string, fresh: string): Promise<void> {
  for (const library of libraries)
    if (existsSync(join(folder, library))) await link(join(folder, library), join(fresh, `old-${library}`))
}

async function restore(folder: string, fresh: string, library: string): Promise<void> {
  const old = join(fresh, `old-${library}`)
  if (existsSync(old)) await rename(old, join(folder, library))
  else await rm(join(folder, library), { force: true })
}

/** The receipt of the CUDA provider in the program's `onnxruntime-node`. */
export async function installedCuda(from?: readonly string[]): Promise<Receipt | undefined> {
  const found = await onnxruntimeFolders(from)
  return found && readReceipt(found.libraries)
}

/** Removes the libraries of {@link installCuda}. */
export async function removeCuda({ folder, files = [] }: Receipt): Promise<void> {
  for (const file of [...files, receiptFile]) await rm(join(folder, file), { force: true })
}
