import { createRequire } from 'node:module'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { cacheFolder } from '@cascade-diffusion/files'
import type * as Tfjs from '@tensorflow/tfjs-core'
import { type BackendName, backendNames, backendPackages, isNative } from './backend-name.ts'
import { missing, notLoading } from './load-error.ts'
import { coreSeenFrom, type FoundPackage, folderOf, locate } from './locate.ts'
import { quietly, restoreUtil } from './quiet.ts'
import { convolutionKernels, replaceKernels } from './tensorflow-convolution.ts'
import { fillShim } from './tfjs-shim.ts'

const require = createRequire(import.meta.url)

/** Options of {@link useBackend}. */
export interface UseBackendOptions {
  /** Threads of one operation of TensorFlow; applies to the first call only. Default: the number of cores. */
  readonly threads?: number
  /** The folder of installed backends; see `cacheFolder` of `@cascade-diffusion/files`. */
  readonly cache?: string
}

/** The current backend. */
export interface UsedBackend {
  readonly name: BackendName
  readonly version: string
  /** The folder of its package. */
  readonly folder: string
  /** Whether it computes on a GPU. */
  readonly gpu: boolean
}

/**
 * Makes a backend the current one of tfjs, so that `eager` runs on it. Its package is one of the program, or the one
 * that `cascade-diffusion backends install` has installed. It registers itself with the program's own tfjs-core.
 * @throws if the package is absent, incomplete or does not load, with how to install it; if it has another version than
 * tfjs-core or loads another copy of it; if the other of `node` and `node-gpu` is loaded, since both are tfjs's
 * `tensorflow`.
 */
export async function useBackend(name: BackendName, options: UseBackendOptions = {}): Promise<UsedBackend> {
  if (!backendNames.includes(name))
    throw new CascadeError('engine', `useBackend: expected one of ${backendNames.join(', ')}, got '${name}'`)
  const found = locate(name, options.cache ?? cacheFolder())
  const [best] = found
  if (!best?.complete) throw missing(name, found)
  return loadBackend(name, best, options)
}

/** As {@link useBackend}, with a given package. */
export async function loadBackend(
  name: BackendName,
  found: FoundPackage,
  { threads }: UseBackendOptions = {},
): Promise<UsedBackend> {
  const core = require('@tensorflow/tfjs-core') as typeof Tfjs
  checkVersions(name, found, core.version_core)
  if (isNative(name)) {
    checkOther(name, core)
    prepareTensorFlow(threads)
  }
  const { tfjs } = backendPackages[name]
  try {
    await quietly(async () => {
      if (found.ours) fillShim(createRequire(join(found.folder, 'package.json'))('@tensorflow/tfjs'), { ...core })
      require(found.folder)
      if (isNative(name)) replaceKernels(core, convolutionKernels(core))
      await core.setBackend(tfjs)
      await core.ready()
      // A first operation: plain JavaScript prints its greeting with it.
      core.tidy(() => void core.add(1, 1))
    })
  } catch (error) {
    throw notLoading(name, found, error)
  }
  if (core.getBackend() !== tfjs)
    throw notLoading(name, found, new CascadeError('engine', `tfjs did not start its backend '${tfjs}'`))
  const gpu = (core.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true
  return { name, version: found.version, folder: found.folder, gpu }
}

function checkVersions(name: BackendName, { folder, name: npm, version, ours }: FoundPackage, core: string): void {
  if (version !== core)
    throw new CascadeError(
      'engine',
      `backend '${name}': expected ${npm} of the same version as @tensorflow/tfjs-core, ${core}, got ${version} in ${folder}`,
    )
  if (ours) return
  const [mine, theirs] = [require.resolve('@tensorflow/tfjs-core'), coreSeenFrom(folder)]
  if (mine !== theirs)
    throw new CascadeError(
      'engine',
      `backend '${name}': there are two copies of @tensorflow/tfjs-core, ${folderOf(mine)} and ${folderOf(theirs)}, ` +
        `and ${npm} uses the second. Remove one (\`npm dedupe\`), or uninstall ${npm} and use \`npx cascade-diffusion backends install ${name}\``,
    )
}

/** A process can have one of TensorFlow's two packages only. */
function checkOther(name: 'node' | 'node-gpu', core: typeof Tfjs): void {
  const loaded = core.findBackend('tensorflow') as { isGPUPackage?: boolean } | null
  if (loaded && loaded.isGPUPackage !== (name === 'node-gpu'))
    throw new CascadeError(
      'engine',
      `backend '${name}': '${loaded.isGPUPackage ? 'node-gpu' : 'node'}' is loaded in this process, and both are tfjs's backend 'tensorflow'; use one in a process`,
    )
}

function prepareTensorFlow(threads: number | undefined): void {
  restoreUtil()
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  if (threads === undefined) return
  process.env.TF_NUM_INTRAOP_THREADS = String(threads)
  process.env.OMP_NUM_THREADS = String(threads)
}
