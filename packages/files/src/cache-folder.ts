import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * The folder of downloads and installations: the variable `CASCADE_DIFFUSION_CACHE`, or `cascade-diffusion` in the user's cache
 * folder (`XDG_CACHE_HOME`, else `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). One for all projects of a user, which no
 * package manager tidies up.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  // `off` is what turns off jit's cache of models.
  if (env.CASCADE_DIFFUSION_CACHE && env.CASCADE_DIFFUSION_CACHE !== 'off') return env.CASCADE_DIFFUSION_CACHE
  const caches =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches')
        : env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)
          ? env.XDG_CACHE_HOME
          : join(homedir(), '.cache')
  return join(caches, 'cascade-diffusion')
}
