import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { exchangeFolder, isRunning } from '@cascade-diffusion/files'

/**
 * Replaces a folder at once. `build` fills a folder of another name, which takes the place of the old one if that
 * succeeds. Otherwise the old one stays. Leftovers of killed processes are removed.
 */
export async function replaceFolder<T>(target: string, build: (folder: string) => Promise<T>): Promise<T> {
  const [parent, name] = [dirname(target), basename(target)]
  await mkdir(parent, { recursive: true })
  await removeLeftovers(parent, name)
  const fresh = join(parent, `.${name}.new.${process.pid}`)
  const old = join(parent, `.${name}.old.${process.pid}`)
  try {
    await mkdir(fresh)
    const result = await build(fresh)
    await exchangeFolder(fresh, target, old)
    return result
  } finally {
    await rm(fresh, { recursive: true, force: true })
    await rm(old, { recursive: true, force: true })
  }
}

async function removeLeftovers(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const pid = entry.startsWith(`.${name}.`) && entry.match(/\.(?:new|old)\.(\d+)$/)?.[1]
    if (pid && !isRunning(Number(pid))) await rm(join(parent, entry), { recursive: true, force: true })
  }
}
