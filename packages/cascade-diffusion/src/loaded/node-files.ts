import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { writeImages } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { decodeImage, imageExtensions, openImages } from '@cascade-diffusion/data'
import { writeAtomically } from '@cascade-diffusion/files'
import type { Files } from './files.ts'

/** The files of Node.js. */
export const nodeFiles: Files = {
  writeImages,
  write: writeAtomically,
  async read(path) {
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile() || !imageExtensions.includes(extname(path).toLowerCase())) {
      const source = await openImages(path)
      return (await source.read([...Array(source.count).keys()])).images
    }
    const bytes = await readFile(path).catch((cause) => {
      throw new CascadeError('file', `upscale: ${path} cannot be read: ${cause.message}`, { cause })
    })
    return [await decodeImage(bytes, { channels: 4 }, path)]
  },
}
