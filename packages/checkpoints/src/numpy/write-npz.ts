import { crc32 } from 'node:zlib'
import { CascadeError } from '@cascade-diffusion/checks'
import { type WritableFile, writeAtomically } from '@cascade-diffusion/files'
import { readAnnounced, type WritableTensor, writeFully } from '../safetensors/safetensors-write.ts'
import { npzLayout } from './npz-layout.ts'

/**
 * Writes tensors to an `.npz` file, which `numpy.load` reads, atomically: `path` has the old file or the complete new
 * one. Lazy tensors are in memory one at a time.
 * @throws with the path and the reason, if a lazy tensor has another shape than announced, or writing fails.
 */
export async function writeNpz(path: string, tensors: Readonly<Record<string, WritableTensor>>): Promise<void> {
  const entries = Object.entries(tensors)
  if (entries.length === 0) throw new CascadeError('checkpoint', 'writeNpz: expected at least one tensor, got none')
  const { places, frame } = npzLayout(entries.map(([name, { dtype, shape }]) => ({ name, type: dtype, shape })))
  await writeAtomically(path, async (file: WritableFile) => {
    const crcs: number[] = []
    for (const [i, [name, tensor]] of entries.entries()) {
      const { data } = 'read' in tensor ? await readAnnounced(name, tensor) : tensor
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      const { position, crc } = places[i] as (typeof places)[number]
      await writeFully(file, bytes, position)
      // zlib begins again at no bytes.
      crcs.push(bytes.length > 0 ? crc32(bytes, crc) : crc)
    }
    for (const { position, bytes } of frame(crcs)) await writeFully(file, bytes, position)
  })
}
