import type { EncodedModel } from '../../onnx/encode.ts'

/** The options of every session, in Node.js and in browsers. */
export const sessionOptions = ({ external }: EncodedModel) => ({
  graphOptimizationLevel: 'all' as const,
  executionMode: 'sequential' as const,
  logSeverityLevel: 3 as const,
  // A memory pattern is another block of memory, as large as all that the first run used, and saves no time.
  enableMemPattern: false,
  // Moments of weights that hardly learn decay into denormal numbers, which take a hundred times as long. Threads that
  // wait busily for their next run slow down those of another session; a training step has two, which take turns.
  extra: { session: { set_denormal_as_zero: '1', force_spinning_stop: '1' } },
  ...(external && { externalData: [{ path: external.path, data: joined(external) }] }),
})

/** The same model with its weights in one new piece of memory. */
export const inOnePiece = ({ bytes, external }: EncodedModel): EncodedModel =>
  external ? { bytes, external: { ...external, pieces: [together(external)] } } : { bytes }

const joined = (external: External): Uint8Array =>
  external.pieces.length === 1 ? (external.pieces[0] as Uint8Array) : together(external)

type External = NonNullable<EncodedModel['external']>

function together({ pieces, size }: External): Uint8Array {
  const data = new Uint8Array(size)
  let offset = 0
  for (const piece of pieces) {
    data.set(piece, offset)
    offset += piece.length
  }
  return data
}
