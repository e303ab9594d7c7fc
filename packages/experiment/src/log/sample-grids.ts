import { existsSync, readdirSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '@cascade-diffusion/files'

/** The grids of a stage: `000250.png`, by the steps done. */
export interface GridFiles {
  /** Removes the grids after so many steps. */
  resume(done: number): void
  has(step: number): boolean
  /** @returns the path. */
  write(step: number, png: Uint8Array): Promise<string>
}

/** A grid that was written. */
export interface GridFile {
  readonly step: number
  readonly path: string
}

/** The grids in a folder. */
export function gridFiles(folder: string): GridFiles {
  const pathOf = (step: number) => join(folder, `${String(step).padStart(6, '0')}.png`)
  return {
    resume(done) {
      for (const { step, path } of readGrids(folder)) if (step > done) rmSync(path, { force: true })
    },
    has: (step) => existsSync(pathOf(step)),
    async write(step, png) {
      await mkdir(folder, { recursive: true })
      const path = pathOf(step)
      await writeAtomically(path, png)
      return path
    },
  }
}

/** The grids that are there, by their steps; none if there is no folder. */
export function readGrids(folder: string): readonly GridFile[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d+\.png$/.test(name))
    .map((name) => ({ step: Number.parseInt(name, 10), path: join(folder, name) }))
    .toSorted((a, b) => a.step - b.step)
}
