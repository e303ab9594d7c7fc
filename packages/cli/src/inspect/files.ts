import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { imageExtensions, recogniseImages } from '@cascade-diffusion/data'
import { inspectFolder } from './folders.ts'
import { type Found, quoted } from './found.ts'
import { inspectSamples, inspectUnfinished, manifestsOf } from './samples.ts'
import { inspectWeights } from './weights.ts'

/** The files of folders that say what is in them. */
const manifests = ['cascade.json', 'samples.json', 'samples.partial.json', 'config.json', 'model_index.json']

/** A file. @throws if it is none that is known: the error says what it is like. */
export async function inspectFile(path: string, flags?: string): Promise<Found> {
  if (manifests.includes(basename(path))) return inspectFolder(dirname(path))
  const { size: bytes } = await stat(path)
  const extension = extname(path).toLowerCase()
  if (imageExtensions.includes(extension))
    return { kind: 'image', bytes, facts: {}, json: {}, next: [`upscale CASCADE ${quoted(path)}`] }
  if (extension === '.onnx') return { kind: 'ONNX model', bytes, facts: {}, json: {}, next: [] }
  if (extension === '.npz' || extension === '.npy') {
    const { finished, unfinished } = manifestsOf(path, false)
    if (existsSync(finished)) return inspectSamples(path, false)
    if (existsSync(unfinished)) return inspectUnfinished(path, false)
  }
  // Arrays of images are .npz files too, and have one array of bytes.
  const images = extension === '.npz' ? undefined : await recogniseImages(path).catch(() => undefined)
  if (!images) return inspectWeights(path, flags)
  return {
    kind: 'images',
    bytes,
    facts: { form: images.name },
    json: { source: images },
    next: [`data inspect ${quoted(path)}`],
  }
}
