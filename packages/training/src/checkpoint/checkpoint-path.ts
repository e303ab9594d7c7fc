import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'

/**
 * Makes sure, before any work is done, that checkpoints can be saved at a path. It makes the folder if it is missing,
 * and writes a small file into it, which it removes again. What is at the path already is left alone.
 * @throws if the path is that of a folder, its folder cannot be made, or nothing can be written there.
 */
export function prepareCheckpoint(path: string): void {
  if (typeof path !== 'string' || path === '')
    throw new CascadeError(
      'input',
      `checkpoint: expected the path of a file, such as 'runs/base.safetensors', got ${shown(path)}`,
    )
  if (existsSync(path) && statSync(path).isDirectory())
    throw new CascadeError(
      'input',
      `checkpoint ${path}: expected the path of a file, such as ${join(path, 'base.safetensors')}, got a folder`,
    )
  const folder = dirname(path)
  const trial = `${path.replace(/\.safetensors$/, '')}.trial.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(trial, 'x')
    rmSync(trial)
  } catch (cause) {
    throw new CascadeError(
      'file',
      `checkpoint ${path} could not be saved: ${folder} cannot be written to: ${(cause as Error).message}`,
      { cause },
    )
  }
}
