import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileError } from '@cascade-diffusion/files'
import type { LoggedStep } from './logged-step.ts'

/** A file of one JSON value a line. */
export interface MetricsFile {
  /** Removes the lines of a model after so many steps, and what a killed process has left of a line. */
  resume(model: string, done: number): void
  append(line: LoggedStep): void
}

/** Writes within the call, to the disk itself, so that a line is there before the checkpoint of its step. */
export function metricsFile(path: string): MetricsFile {
  return {
    resume(model, done) {
      if (!existsSync(path)) return
      const text = readFileSync(path, 'utf8')
      const kept = linesOf(text).filter((line) => {
        const logged = parsed(line)
        return logged && !(logged.model === model && logged.step > done)
      })
      const rest = kept.map((line) => `${line}\n`).join('')
      if (rest !== text) written(path, () => replace(path, rest))
    },
    append: (line) => written(path, () => write(path, 'a', `${JSON.stringify(line)}\n`)),
  }
}

/** The lines of a run, as far as they are whole; none if there is no file. */
export const readMetrics = (path: string): readonly LoggedStep[] =>
  existsSync(path) ? linesOf(readFileSync(path, 'utf8')).flatMap((line) => parsed(line) ?? []) : []

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)

function parsed(line: string): LoggedStep | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined // disk full in the middle of a line, say
  }
}

function replace(path: string, text: string): void {
  write(`${path}.partial`, 'w', text)
  renameSync(`${path}.partial`, path)
}

function write(path: string, flags: 'a' | 'w', text: string): void {
  const file = openSync(path, flags)
  try {
    writeFileSync(file, text)
    fdatasyncSync(file)
  } finally {
    closeSync(file)
  }
}

function written(path: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    throw fileError(path, cause)
  }
}
