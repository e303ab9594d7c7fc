import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'

/**
 * Puts a folder in the place of another, by renaming both. If that fails, the other is in its place again.
 * @param aside the name that the other folder gets; nothing may have it. Whoever calls removes that folder.
 */
export async function exchangeFolder(fresh: string, target: string, aside: string): Promise<void> {
  const replaces = existsSync(target)
  if (replaces) await rename(target, aside)
  try {
    await rename(fresh, target)
  } catch (error) {
    if (replaces) await rename(aside, target)
    throw error
  }
}
