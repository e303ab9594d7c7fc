import { installed } from '@cascade-diffusion/backends'
import type { CommandResult } from '../command.ts'
import { describe, from } from './installed.ts'

/** Runs the command `backends list`. */
export async function run(): Promise<CommandResult> {
  const receipts = await installed({ from: from() })
  const none = ['none installed; `npx cascade-diffusion backends install NAME` does']
  return { lines: receipts.length > 0 ? receipts.map(describe) : none, json: receipts }
}
