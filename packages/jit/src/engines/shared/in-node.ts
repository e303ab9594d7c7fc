/** Whether this is Node.js, and no page beside. */
export const inNode =
  typeof process !== 'undefined' && process.versions?.node !== undefined && !('document' in globalThis)
