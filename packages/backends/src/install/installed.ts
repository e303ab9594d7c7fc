import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '@cascade-diffusion/files'
import { backendFolder, downloadFolder } from '../folders.ts'
import { installedCuda, removeCuda } from './install-cuda.ts'
import { type Receipt, readReceipt } from './receipt.ts'

/** What can be installed: two tfjs backends, and the CUDA provider of ONNX Runtime. */
export const installableNames = ['node', 'node-gpu', 'cuda'] as const

/** One of {@link installableNames}. */
export type InstallableName = (typeof installableNames)[number]

/** Options of {@link installed} and {@link remove}. */
export interface InstalledOptions {
  /** See `cacheFolder` of `@cascade-diffusion/files`. */
  readonly cache?: string
  /** Files or folders from which to look for `onnxruntime-node`. */
  readonly from?: readonly string[]
}

/** The receipts of what this package has installed and is still there. */
export async function installed({ cache = cacheFolder(), from }: InstalledOptions = {}): Promise<Receipt[]> {
  const names = await readdir(join(cache, 'backends')).catch(() => [])
  const receipts = names.filter((name) => !name.startsWith('.')).map((name) => readReceipt(backendFolder(cache, name)))
  return (await Promise.all([...receipts, installedCuda(from)])).filter((receipt) => receipt !== undefined)
}

/**
 * Removes an installation, and incomplete downloads.
 * @returns its receipt, or undefined if there was none.
 */
export async function remove(name: InstallableName, options: InstalledOptions = {}): Promise<Receipt | undefined> {
  const { cache = cacheFolder() } = options
  await rm(downloadFolder(cache), { recursive: true, force: true })
  const receipt = (await installed(options)).find((receipt) => receipt.name === name)
  if (!receipt) return undefined
  if (name === 'cuda') await removeCuda(receipt)
  else await rm(backendFolder(cache, name), { recursive: true, force: true })
  return receipt
}
