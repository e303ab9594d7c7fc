import { sizeOf } from '@cascade-diffusion/arrays'

/** One tensor of a PyTorch state dict, and where its numbers are in our parameters. */
export interface Piece {
  /** Its name in the state dict. */
  theirs: string
  /** An older name. */
  alias?: string
  /** Our parameter that the tensor is, or is a part of. */
  ours: string
  /** The place among our outputs (the last axis) of each of its outputs. Default: all, in order. */
  outputs?: readonly number[]
  /** The place among our inputs (the last axis but one) of each of its inputs. Default: all, in order. */
  inputs?: readonly number[]
  /** Axes of length 1 at the end of PyTorch's kernel that ours lacks: 1 for a convolution of sequences. */
  ones?: number
}

/** Where the numbers of a tensor are: an index is the sum of the offsets of an output, an input and a tap. */
interface Offsets {
  outputs: Int32Array
  inputs: Int32Array
  taps: Int32Array
}

/** The shape of a piece in PyTorch, and where its numbers are in PyTorch's tensor and in ours. */
export interface PieceLayout {
  shape: readonly number[]
  theirs: Offsets
  ours: Offsets
}

/**
 * The layout of a piece. PyTorch's kernels are [out, in, height, width] or [out, in], ours [height, width, in, out] or
 * [in, out]; everything else is the same.
 * @param shape of our parameter.
 */
export function layoutOf({ ours, outputs, inputs, ones = 0 }: Piece, shape: readonly number[]): PieceLayout {
  const isKernel = ours.endsWith('.kernel')
  const [nIn, nOut] = isKernel ? (shape.slice(-2) as [number, number]) : [1, sizeOf(shape)]
  const size = isKernel ? shape.slice(0, -2) : []
  const nTaps = sizeOf(size)
  const out = outputs ?? Array.from({ length: nOut }, (_, i) => i)
  const into = inputs ?? Array.from({ length: nIn }, (_, i) => i)
  const taps = Array.from({ length: nTaps }, (_, i) => i)
  const vector = ours.endsWith('.embedding') ? shape : [out.length]
  return {
    shape: isKernel ? [out.length, nIn, ...size, ...Array.from({ length: ones }, () => 1)] : vector,
    theirs: {
      outputs: Int32Array.from(out, (_, i) => i * nIn * nTaps),
      inputs: Int32Array.from(into, (_, i) => i * nTaps),
      taps: Int32Array.from(taps),
    },
    ours: {
      outputs: Int32Array.from(out),
      inputs: Int32Array.from(into, (i) => i * nOut),
      taps: Int32Array.from(taps, (tap) => tap * nIn * nOut),
    },
  }
}

/** Outputs and inputs that are copied together: a tile fits into the caches of a processor. */
const tile = { outputs: 16, inputs: 32 }

/** Copies the numbers of a tensor from one layout to the other. */
export function copy(source: Float32Array, from: Offsets, target: Float32Array, to: Offsets): void {
  for (let i = 0; i < from.inputs.length; i += tile.inputs)
    for (let o = 0; o < from.outputs.length; o += tile.outputs)
      copyTile(source, part(from, o, i), target, part(to, o, i))
}

const part = ({ outputs, inputs, taps }: Offsets, o: number, i: number): Offsets => ({
  outputs: outputs.subarray(o, o + tile.outputs),
  inputs: inputs.subarray(i, i + tile.inputs),
  taps,
})

function copyTile(source: Float32Array, from: Offsets, target: Float32Array, to: Offsets): void {
  const { outputs: reads } = from
  const { outputs: writes } = to
  for (let tap = 0; tap < from.taps.length; tap++)
    for (let i = 0; i < from.inputs.length; i++) {
      const read = from.inputs[i]! + from.taps[tap]!
      const write = to.inputs[i]! + to.taps[tap]!
      for (let o = 0; o < reads.length; o++) target[write + writes[o]!] = source[read + reads[o]!]!
    }
}
