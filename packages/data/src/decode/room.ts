/** Where a decoder puts the pixels of an image: as many bytes as it asks for. */
export type Room = (bytes: number) => Uint8Array<ArrayBuffer>

/** New bytes for each image. */
export const newRoom: Room = (bytes) => new Uint8Array(bytes)

/** More than this is not kept. */
const keptBytes = 2 ** 25

/**
 * The same bytes for one image after the other, for a thread that is done with each before the next: the system need not clear new memory
 * for every image.
 */
export function reusedRoom(): Room {
  let kept = new Uint8Array()
  return (bytes) => {
    if (bytes > keptBytes) return newRoom(bytes)
    if (bytes > kept.length) kept = new Uint8Array(bytes)
    return kept.subarray(0, bytes)
  }
}
