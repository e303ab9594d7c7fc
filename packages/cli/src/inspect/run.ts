import { stat } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import type { CommandIo, CommandResult } from '../command.ts'
import { inspectFile } from './files.ts'
import { inspectFolder } from './folders.ts'
import { linesOf } from './found.ts'

interface Values {
  readonly path: string
  readonly flags: string | undefined
}

/** Runs the command `inspect`. */
export async function run({ path, flags }: Values, _io: CommandIo): Promise<CommandResult> {
  const there = await stat(path).catch(() => undefined)
  if (!there) throw new CascadeError('input', `expected a file or a folder, got ${path}: there is nothing`)
  const found = there.isDirectory() ? await inspectFolder(path) : await inspectFile(path, flags)
  const { kind, bytes, json, next } = found
  return { lines: linesOf(path, found), json: { kind, path, bytes, ...json, next } }
}
