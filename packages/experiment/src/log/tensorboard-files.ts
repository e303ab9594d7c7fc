import { appendFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileError } from '@cascade-diffusion/files'
import { type TensorboardWriter, tensorboardWriter } from '@cascade-diffusion/reports'

/** TensorBoard's files of a model. */
export interface TensorboardFiles extends TensorboardWriter {
  /** Leaves out what earlier files have after so many steps. Called before anything is written. */
  resume(done: number): void
}

/** Each process writes a new file to the folder, from its first event on. */
export function tensorboardFiles(folder: string): TensorboardFiles {
  let firstStep = 1
  let opened: TensorboardWriter | undefined
  const writer = () => {
    opened ??= tensorboardWriter({ write: appender(folder), firstStep })
    return opened
  }
  return {
    resume(done) {
      firstStep = done + 1
    },
    scalars: (step, values) => writer().scalars(step, values),
    image: (step, name, image) => writer().image(step, name, image),
  }
}

/** Adds bytes to a new file, whose name comes after those that are there, as TensorBoard reads them in that order. */
function appender(folder: string): (bytes: Uint8Array) => void {
  let path: string | undefined
  return (bytes) => {
    try {
      mkdirSync(folder, { recursive: true })
      path ??= join(folder, `events.out.tfevents.${nextSecond(folder)}.cascade-diffusion`)
      appendFileSync(path, bytes)
    } catch (cause) {
      throw fileError(path ?? folder, cause)
    }
  }
}

/** The time in seconds, or the second after the last file, for clocks that are set back and starts within a second. */
function nextSecond(folder: string): number {
  const seconds = existsSync(folder) ? readdirSync(folder).map((name) => Number(name.split('.')[3]) || 0) : []
  return Math.max(Math.floor(Date.now() / 1000), ...seconds.map((second) => second + 1))
}
