import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A record of an installation. */
export interface Receipt {
  /** What was installed: `node`, `node-gpu` or `cuda`. */
  readonly name: string
  readonly folder: string
  /** Versions by package: `tensorflow` 2.21.0. */
  readonly versions: Readonly<Record<string, string>>
  readonly bytes: number
  /** The files, if the folder has others too. */
  readonly files?: readonly string[]
  /** NVIDIA's wheels that it needs at run time, as requirements for pip. */
  readonly needs?: readonly string[]
}

const fileName = 'cascade-diffusion.json'

/** Writes the receipt of an installation into a folder. */
export const writeReceipt = (folder: string, receipt: Receipt): Promise<void> =>
  writeFile(join(folder, fileName), `${JSON.stringify(receipt, null, 2)}\n`)

/** The receipt in a folder, if something was installed there. */
export async function readReceipt(folder: string): Promise<Receipt | undefined> {
  const text = await readFile(join(folder, fileName), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : { ...(JSON.parse(text) as Receipt), folder }
}

/** The name of the file that {@link writeReceipt} writes. */
export const receiptFile = fileName

/** The size of all files in a folder. */
export async function sizeOfFolder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size))
  return sizes.reduce((a, b) => a + b, 0)
}
