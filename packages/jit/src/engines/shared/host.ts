/** Whether this is Node.js without a page (as Electron has). */
export const inNode =
  typeof process !== 'undefined' && process.versions?.node !== undefined && !('document' in globalThis)

/** Globals that browsers have, and Node.js has in part. */
export const browser = globalThis as {
  location?: { href: string }
  navigator?: { hardwareConcurrency: number }
}
