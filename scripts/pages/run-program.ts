import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWithPackages } from './folder.ts'
import { notPrinted, type PageProgram } from './programs.ts'

/**
 * Runs a program of a page, in a new folder, with the sources of all packages.
 * @returns what it printed, and the first of its comments that is not among it.
 * @throws if the program fails.
 */
export function runProgram({ source, expected }: PageProgram): { stdout: string; missing: string | undefined } {
  const folder = folderWithPackages()
  try {
    writeFileSync(join(folder, 'page.mts'), source)
    const options = ['--conditions=@cascade-diffusion/source', `--import=${import.meta.resolve('tsx')}`]
    const { stdout, stderr, status } = spawnSync(process.execPath, [...options, 'page.mts'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, CASCADE_DIFFUSION_CACHE: 'off' },
    })
    if (status !== 0) throw new Error(stderr)
    return { stdout, missing: notPrinted(expected, stdout) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
