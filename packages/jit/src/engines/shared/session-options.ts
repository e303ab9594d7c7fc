import type { EncodedModel } from '../../onnx/encode.ts'

/** What ONNX Runtime is told about every session, in Node.js and in the browser. */
export const sessionOptions = ({ external }: EncodedModel) => ({
  graphOptimizationLevel: 'all' as const,
  executionMode: 'sequential' as const,
  logSeverityLevel: 3 as const,
  // A pattern is a second block of memory, as large as all that the first run took, and saves no time.
  enableMemPattern: false,
  // Moments of weights that hardly learn decay into denormal numbers, which cost a hundred times as much; and threads that
  // await their next run busily keep those of another session from the processor: a training step's two take turns.
  extra: { session: { set_denormal_as_zero: '1', force_spinning_stop: '1' } },
  ...(external && { externalData: [{ path: external.path, data: joined(external) }] }),
})

/** The same with its weights in one piece that is nobody else's. */
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
