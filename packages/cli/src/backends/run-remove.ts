import { type InstallableName, remove } from '@cascade-diffusion/backends'
import type { CommandResult } from '../command.ts'
import { describe, from } from './installed.ts'

/** Runs the command `backends remove`. */
export async function run({ name }: { readonly name: InstallableName }): Promise<CommandResult> {
  const receipt = await remove(name, { from: from() })
  return { lines: [receipt ? `removed ${describe(receipt)}` : `${name} was not installed`], json: receipt ?? null }
}
