import { CascadeError } from '@cascade-diffusion/checks'
import { encodeModel } from '../onnx/encode.ts'
import type { OnnxModel } from '../onnx/model.ts'

/**
 * The bytes of a model as an `.onnx` file.
 * @throws if its weights are too large for one file (1.5 GiB); {@link saveOnnx} puts them into another.
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const { bytes, external } = encodeModel(model)
  if (external)
    throw new CascadeError('input', `jit: expected weights of at most 1.5 GiB for one file, got ${external.size} bytes`)
  return bytes
}

/** Options of {@link saveOnnx}. */
export interface SaveOptions {
  /** The most bytes of weights to put into the file itself. Default: 1.5 GiB, near what the format can hold. */
  largestInline?: number
}

/**
 * Writes a model to an `.onnx` file, in Node.js. Weights that are too large for one file go into `NAME.onnx.data` next
 * to it. Files are written under other names, flushed, and renamed once all are complete; until then the old files
 * stay.
 */
export async function saveOnnx(path: string, model: OnnxModel, { largestInline }: SaveOptions = {}): Promise<void> {
  const { basename } = process.getBuiltinModule('node:path')
  const beside = `${path}.data`
  const { bytes, external } = encodeModel(model, largestInline, basename(beside))
  // The data comes first: the model refers to it.
  const files = [...(external ? [{ to: beside, pieces: external.pieces }] : []), { to: path, pieces: [bytes] }]
  const { open, rename, rm } = process.getBuiltinModule('node:fs/promises')
  const temporary = (to: string) => `${to}.${process.pid}.tmp`
  try {
    for (const { to, pieces } of files) {
      const file = await open(temporary(to), 'w')
      try {
        for (const piece of pieces) await file.writeFile(piece)
        // Yarn's Plug'n'Play cannot flush: its error has no code, unlike those of the system.
        await file.sync().catch((error: NodeJS.ErrnoException) => {
          if (error.code) throw error
        })
      } finally {
        await file.close()
      }
    }
    for (const { to } of files) await rename(temporary(to), to)
  } catch (error) {
    await Promise.all(files.map(({ to }) => rm(temporary(to), { force: true })))
    throw error
  }
}
