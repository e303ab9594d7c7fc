import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where what we install lies: the variable `CASCADE_DIFFUSION_CACHE`, or `cascade-diffusion` in the user's cache folder.
 * One for all projects of a user, which no package manager tidies up.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  // `off` is what turns off jit's cache of models.
  if (env.CASCADE_DIFFUSION_CACHE && env.CASCADE_DIFFUSION_CACHE !== 'off') return env.CASCADE_DIFFUSION_CACHE
  const caches =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches')
        : env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(caches, 'cascade-diffusion')
}

/** The folder of an installed backend. */
export const backendFolder = (cache: string, name: string): string => join(cache, 'backends', name)

/** The folder of downloads that are not complete or not unpacked yet. */
export const downloadFolder = (cache: string): string => join(cache, 'downloads')
