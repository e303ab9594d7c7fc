/** Smaller ones are left to the garbage collector. */
const LEAST = 2 ** 16

let nowhere: InstanceType<typeof MessageChannel>['port1'] | undefined

/**
 * Frees the memory of arrays that nobody uses any more at once, where the garbage collector would let some hundred
 * megabytes come together first. A port that is closed drops what is transferred to it.
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
