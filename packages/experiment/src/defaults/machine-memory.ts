import { totalmem } from 'node:os'

/** The memory of this machine that a process may take, in bytes: that of its container, if it has a limit. */
export function machineMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}
