import { createHash } from 'node:crypto'
import { type DType, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type WritableFile, writeAtomically } from '@cascade-diffusion/files'
import type { LazyTensor } from '../tensor-file.ts'
import { checksumField, checksumKey, noChecksum } from './safetensors-header.ts'

/** A tensor to write: an array, or one that is made or read when it is written, so that only one is in memory. */
export type WritableTensor = NDArray | LazyTensor

const writeBytes = 1 << 26

/**
 * Writes tensors to a safetensors file, atomically: `path` has the old file or the complete new one. `sha256` is added
 * to the metadata: the digest of the whole file with zeros in place of the 64 digits of the digest. The data is written
 * and hashed in one pass and never copied.
 * @throws with the path and the reason, if the metadata already has `sha256`, a lazy tensor has another shape than
 * announced, or writing fails.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (checksumKey in metadata)
    throw new CascadeError('checkpoint', `writeSafetensors: the metadata key '${checksumKey}' is reserved`)
  const ordered = Object.entries(tensors).sort(([, a], [, b]) => width[b.dtype] - width[a.dtype])
  const header = new TextEncoder().encode(headerText(ordered, metadata))
  const prefix = new Uint8Array(8 + header.length)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true)
  prefix.set(header, 8)

  await writeAtomically(path, async (file) => {
    const hash = createHash('sha256')
    let position = 0
    const append = async (bytes: Uint8Array) => {
      for (let done = 0; done < bytes.length; done += writeBytes) {
        const chunk = bytes.subarray(done, done + writeBytes)
        hash.update(chunk)
        await writeFully(file, chunk, position)
        position += chunk.length
      }
    }
    await append(prefix)
    for (const [name, tensor] of ordered) {
      const { data } = 'read' in tensor ? await readAnnounced(name, tensor) : tensor
      await append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
    const at = Buffer.from(prefix.buffer).indexOf(checksumField(noChecksum)) + checksumField('').length - 1
    await writeFully(file, new TextEncoder().encode(hash.digest('hex')), at)
  })
}

/** Reads a lazy tensor. @throws if it is not what was announced. */
export async function readAnnounced(name: string, { dtype, shape, read }: LazyTensor): Promise<NDArray> {
  const array = await read()
  if (array.dtype !== dtype || `${array.shape}` !== `${shape}`)
    throw new CascadeError(
      'checkpoint',
      `'${name}': expected ${dtype} [${shape}] as announced, got ${array.dtype} [${array.shape}]`,
    )
  return array
}

const width: Record<DType, number> = { float32: 4, int32: 4, bool: 1 }
const formatNames: Record<DType, string> = { float32: 'F32', int32: 'I32', bool: 'BOOL' }

function headerText(
  ordered: readonly (readonly [string, WritableTensor])[],
  metadata: Readonly<Record<string, string>>,
): string {
  let end = 0
  const entries = ordered.map(([name, tensor]) => {
    const { dtype, shape } = tensor
    if (name === '__metadata__' || name === '__proto__')
      throw new CascadeError('checkpoint', `writeSafetensors: a tensor cannot be named '${name}'`)
    if ('data' in tensor && sizeOf(shape) !== tensor.data.length)
      throw new CascadeError(
        'checkpoint',
        `writeSafetensors: '${name}' [${shape}] holds ${sizeOf(shape)} values, got ${tensor.data.length}`,
      )
    const begin = end
    end += bytesOf(tensor)
    return [name, { dtype: formatNames[dtype], shape, data_offsets: [begin, end] }]
  })
  const fields = { __metadata__: { [checksumKey]: noChecksum, ...metadata }, ...Object.fromEntries(entries) }
  const text = JSON.stringify(fields)
  const padding = (8 - (Buffer.byteLength(text) % 8)) % 8
  return text + ' '.repeat(padding)
}

/** Bytes of the data of a tensor. */
export const bytesOf = ({ dtype, shape }: WritableTensor): number => sizeOf(shape) * width[dtype]

/** Writes all bytes at a position. */
export async function writeFully(file: WritableFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
