import { rm } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { cacheFolder } from '@cascade-diffusion/files'
import { backendFolder } from '../folders.ts'
import { probeBackend } from '../probe.ts'
import { tensorflowWheels, versions } from '../versions.ts'
import { buildAddon, checkTools, installPackage, unpackTensorFlow } from './build-addon.ts'
import { cudaRequirements } from './cuda-requirements.ts'
import { fetchWheel } from './fetch-wheel.ts'
import type { InstallOptions } from './options.ts'
import { type Receipt, sizeOfFolder, writeReceipt } from './receipt.ts'
import { replaceFolder } from './stage.ts'

/**
 * Installs tfjs-node or tfjs-node-gpu in the cache folder, which all projects share and no package manager touches: the
 * npm package without its script (whose download is from 2022), the libraries of a current TensorFlow wheel, and the
 * add-on compiled against them. The result is then tried in its own process.
 * @throws without changes: if there is no such wheel for this machine, tools are missing, a download fails or is
 * corrupt, or the add-on does not compile or compute.
 */
export async function installTensorFlow(name: 'node' | 'node-gpu', options: InstallOptions): Promise<Receipt> {
  const { signal, log, cache = cacheFolder() } = options
  const machine = `${process.platform}-${process.arch}`
  const kind = tensorflowWheels[name][machine]
  if (!kind || !hasGlibc())
    throw new CascadeError(
      'engine',
      `backend '${name}' can be built on ${Object.keys(tensorflowWheels[name]).join(' and ')} with the GNU C library, not on ${machine}${kind ? ' without it' : ''}; try \`npm i @tensorflow/tfjs-${name}\`, which downloads an older one`,
    )
  await checkTools(signal)
  const target = backendFolder(cache, name)
  const wheel = await fetchWheel({ ...kind, version: versions.tensorflow }, { ...options, cache })
  return replaceFolder(target, async (fresh) => {
    log?.(`installing @tensorflow/tfjs-${name} ${versions.tfjs} from npm`)
    const folder = await installPackage(name, fresh, signal)
    log?.('unpacking its libraries')
    await unpackTensorFlow(wheel, folder, options)
    log?.('compiling the add-on')
    await buildAddon(folder, fresh, signal)
    log?.('trying it')
    // Without the folders that only the scripts of package managers see.
    const { NODE_PATH: _, ...env } = process.env
    const probe = await probeBackend(name, { signal, env }, folder)
    if (!probe.ok) throw new CascadeError('engine', `it was built, but does not work: ${probe.error}`)
    const needs = name === 'node-gpu' ? await cudaRequirements(wheel) : []
    await rm(wheel)
    const receipt: Receipt = {
      name,
      folder: target,
      versions: { [`tfjs-${name}`]: versions.tfjs, [kind.project]: versions.tensorflow },
      bytes: await sizeOfFolder(fresh),
      ...(needs.length > 0 && { needs }),
    }
    await writeReceipt(fresh, receipt)
    return receipt
  })
}

/** Whether this Node.js runs on the GNU C library, as TensorFlow's wheels do. */
function hasGlibc(): boolean {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}
