import type { Params } from '@cascade-diffusion/arrays'
import { allocate, type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { copy, layoutOf, type Piece, type PieceLayout } from './layout.ts'

/** The shape of each of our parameters. */
export type Shapes = Readonly<Record<string, readonly number[]>>

/**
 * Our parameters from a PyTorch state dict.
 * @param name of the calling function, for errors.
 * @param shapes of our parameters. The pieces fill each of them.
 * @throws if names are missing or unexpected, or a tensor has another shape or type.
 */
export function fromPieces(
  name: string,
  pieces: readonly Piece[],
  shapes: Shapes,
  stateDict: Params<NDArray>,
): Params<NDArray<'float32'>> {
  expectArrays(name, stateDict)
  const found = pieces.map((piece) =>
    piece.alias && Object.hasOwn(stateDict, piece.alias) ? piece.alias : piece.theirs,
  )
  expectNames(name, found, stateDict)
  const layouts = pieces.map((piece) => layoutOf(piece, shapes[piece.ours]!))
  expectShapes(name, found, layouts, stateDict)
  // One after the other: later parameters can take the memory that the state dict gives back.
  const params = new Map<string, NDArray<'float32'>>()
  const paramOf = (ours: string) => {
    const shape = shapes[ours]!
    const param = params.get(ours) ?? ndarray(allocate('float32', sizeOf(shape)), shape)
    params.set(ours, param)
    return param
  }
  for (const [i, { ours }] of pieces.entries()) {
    const { theirs, ours: own } = layouts[i]!
    copy(stateDict[found[i]!]!.data as Float32Array, theirs, paramOf(ours).data, own)
  }
  return Object.fromEntries(Object.keys(shapes).map((ours) => [ours, paramOf(ours)]))
}

/**
 * A PyTorch state dict from our parameters: the inverse of {@link fromPieces}.
 * @throws if parameters are missing or unexpected, or have another shape or type.
 */
export function toPieces(
  name: string,
  pieces: readonly Piece[],
  shapes: Shapes,
  params: Params<NDArray>,
): Record<string, NDArray<'float32'>> {
  expectArrays(name, params)
  expectNames(name, Object.keys(shapes), params)
  const wanted = Object.values(shapes).map((shape) => ({ shape }))
  expectShapes(name, Object.keys(shapes), wanted, params)
  return Object.fromEntries(
    pieces.map((piece) => {
      const { shape, theirs, ours } = layoutOf(piece, shapes[piece.ours]!)
      const data = allocate('float32', sizeOf(shape))
      copy(params[piece.ours]!.data as Float32Array, ours, data, theirs)
      return [piece.theirs, ndarray(data, shape)]
    }),
  )
}

function expectArrays(name: string, given: Params<NDArray>): void {
  if (typeof given !== 'object' || given === null)
    throw new CascadeError('input', `${name}: expected arrays by name, got ${shown(given)}`)
}

function expectNames(name: string, wanted: readonly string[], given: Params<NDArray>): void {
  const set = new Set(wanted)
  const missing = [...set].filter((key) => !Object.hasOwn(given, key))
  const unexpected = Object.keys(given).filter((key) => !set.has(key))
  if (missing.length + unexpected.length > 0)
    throw new CascadeError(
      'input',
      `${name}: the weights are of another network: missing ${list(missing)}; unexpected ${list(unexpected)}`,
    )
}

function expectShapes(
  name: string,
  names: readonly string[],
  layouts: readonly Pick<PieceLayout, 'shape'>[],
  given: Params<NDArray>,
): void {
  const wrong = names.flatMap((key, i) => {
    const [{ shape, dtype }, expected] = [given[key]!, layouts[i]!.shape]
    if (dtype === 'float32' && `${withoutOnes(shape)}` === `${withoutOnes(expected)}`) return []
    return [`'${key}' as float32 [${expected}], got ${dtype} [${shape}]`]
  })
  if (wrong.length > 0) throw new CascadeError('input', `${name}: expected ${list(wrong)}`)
}

/** Without axes of length 1 at the end of a kernel: a linear layer may be stored as a convolution of size 1. */
const withoutOnes = (shape: readonly number[]): readonly number[] =>
  shape.length > 2 && shape[shape.length - 1] === 1 ? withoutOnes(shape.slice(0, -1)) : shape

/** The first names, and the number of the others. */
function list(names: readonly string[], most = 8): string {
  if (names.length === 0) return 'none'
  const more = names.length > most ? ` and ${names.length - most} more` : ''
  return names.slice(0, most).join(', ') + more
}
