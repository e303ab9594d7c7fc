// WebAssembly's types are in it, and nowhere else.
/// <reference lib="dom" />
import type { Pass } from '../plan.ts'
import type { Pixels } from '../region.ts'
import { kernel } from './kernel.ts'
import { runsOf } from './runs.ts'

/** What assembly/resize.ts exports. Addresses are bytes of its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory
  mixColumns(
    runs: number,
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    rows: number,
    width: number,
    channels: number,
  ): void
  mixRows(
    runs: number,
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    rows: number,
    length: number,
  ): void
}

/** The first page is the module's own. */
const [page, base] = [65536, 65536]

/** An instance whose memory has grown beyond this is dropped after its image, since memory cannot shrink. */
const keptBytes = 32 * 2 ** 20

/** An image that needs more than this is left to TypeScript. */
const mostBytes = 2 ** 29

let compiled: WebAssembly.Module | false | undefined
let instance: Exports | undefined

/** The instance of this thread; undefined where there is no SIMD. */
function exports(): Exports | undefined {
  if (compiled === undefined) {
    const bytes = Uint8Array.from(atob(kernel), (char) => char.charCodeAt(0))
    compiled = WebAssembly.validate(bytes) && new WebAssembly.Module(bytes)
  }
  if (compiled && !instance) instance = new WebAssembly.Instance(compiled).exports as unknown as Exports
  return instance
}

/** Bytes of memory that this thread holds between images. */
export const heldBytes = (): number => instance?.memory.buffer.byteLength ?? 0

/**
 * Passes over bytes by WebAssembly with SIMD; the same bytes as `mixBytes` gives. Each thread has an instance of its own. Its memory holds one image: it
 * grows with the largest, and above 32 MiB it is given back after each image.
 * @returns undefined if there is no SIMD or the image is too large for it.
 */
export function mixByWasm(pixels: Pixels<Uint8Array>, passes: readonly Pass[]): Pixels<Uint8Array> | undefined {
  const { region, channels, data } = pixels
  const { from } = passes[0]!
  const last = passes[passes.length - 1]!.to
  const rowBytes = region.width * channels

  // One after the other: the rows that are read, then for each pass its weights and what it computes.
  let end = base
  const room = (bytes: number): number => {
    const at = end
    end += 16 * Math.ceil(bytes / 16) + 16 // Kernels read and write up to 15 bytes more.
    return at
  }
  const source = room(from.height * rowBytes)
  room(rowBytes) // The second row of an incomplete pair.
  const steps = passes.map((pass) => {
    const wide = pass.along === 'width'
    const { words, offsets } = runsOf(pass.weights, wide ? 4 : 2)
    const [first, count] = wide ? [pass.to.left, pass.to.width] : [pass.to.top, pass.to.height]
    const runs = words.subarray(offsets[first], offsets[first + count])
    const stride = (pass.to.width * channels + 3 + 15) & ~15 // A pixel is written as four bytes.
    return { pass, runs, runsAt: room(runs.byteLength), stride, out: room((pass.to.height + 1) * stride) }
  })
  if (end > mostBytes) return undefined
  const wasm = exports()
  if (!wasm) return undefined
  const missing = end - wasm.memory.buffer.byteLength
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / page))
  const memory = new Uint8Array(wasm.memory.buffer)

  const firstByte = (from.top - region.top) * rowBytes
  memory.set(data.subarray(firstByte, firstByte + from.height * rowBytes), source)
  let read = { at: source, stride: rowBytes, top: from.top, left: region.left }
  for (const { pass, runs, runsAt, stride, out } of steps) {
    const { to } = pass
    new Int32Array(wasm.memory.buffer, runsAt, runs.length).set(runs)
    if (pass.along === 'width') {
      const at = read.at + (to.top - read.top) * read.stride - read.left * channels
      wasm.mixColumns(runsAt, at, read.stride, out, stride, to.height, to.width, channels)
    } else {
      const at = read.at - read.top * read.stride + (to.left - read.left) * channels
      wasm.mixRows(runsAt, at, read.stride, out, stride, to.height, to.width * channels)
    }
    read = { at: out, stride, top: to.top, left: to.left }
  }
  const length = last.width * channels
  const bytes = new Uint8Array(last.height * length)
  for (let y = 0; y < last.height; y++)
    bytes.set(memory.subarray(read.at + y * read.stride, read.at + y * read.stride + length), y * length)
  if (end > keptBytes) instance = undefined
  return { region: last, channels, data: bytes }
}
