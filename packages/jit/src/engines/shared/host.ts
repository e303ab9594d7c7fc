/** Whether this is Node.js, and no page beside. */
export const inNode =
  typeof process !== 'undefined' && process.versions?.node !== undefined && !('document' in globalThis)

/** What a browser has, and Node.js in part. */
export const browser = globalThis as {
  location?: { href: string }
  navigator?: { hardwareConcurrency: number }
}
