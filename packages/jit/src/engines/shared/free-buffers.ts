/** Smaller buffers are left to the garbage collector. */
const LEAST = 2 ** 16

let nowhere: InstanceType<typeof MessageChannel>['port1'] | undefined

/**
 * Frees the memory of unused arrays at once. The garbage collector would wait until they add up to some hundred
 * megabytes. A closed port drops what is transferred to it.
 */
export function freeBuffers(arrays: readonly { readonly buffer: ArrayBufferLike }[]): void {
  const buffers = arrays
    .map(({ buffer }) => buffer)
    .filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer && buffer.byteLength >= LEAST)
  if (buffers.length === 0) return
  if (!nowhere) {
    nowhere = new MessageChannel().port1
    nowhere.close()
  }
  nowhere.postMessage(undefined, buffers)
}
