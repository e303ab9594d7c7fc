import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds all packages, and packs them as they would be published.
 * @param folder for the tarballs.
 * @param pnpm pnpm's program, which turbo looks for on the path.
 */
export async function packInto(folder: string, pnpm: string): Promise<void> {
  const bin = join(folder, 'bin')
  await mkdir(bin, { recursive: true })
  const command = [process.execPath, pnpm] as const
  if (process.platform === 'win32') await writeFile(join(bin, 'pnpm.cmd'), `@"${command[0]}" "${pnpm}" %*\r\n`)
  else await symlink(pnpm, join(bin, 'pnpm'))
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, TURBO_TELEMETRY_DISABLED: '1' }
  await run([...command, 'exec', 'turbo', 'run', 'build', '--concurrency=2', '--output-logs=errors-only'], {
    cwd: root,
    env,
  })
  await run([...command, '-r', '--filter=./packages/*', 'pack', '--pack-destination', folder], { cwd: root })
}
