import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'

export const fixturePath = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
export const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(fixturePath(name)))
/** The content of the fixtures according to NumPy and PyTorch: shape, and values in row-major order. */
export const expected: Record<'tensors' | 'arrays', Record<string, { shape: number[]; values: string[] }>> = JSON.parse(
  readFileSync(fixturePath('expected.json'), 'utf8'),
)
export const toNumber = (text: string): number => Number(text.replace('inf', 'Infinity'))

/** A zip archive of stored entries. */
export function zipOf(entries: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, bytes] of Object.entries(entries)) {
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt32LE(crc32(bytes), 10)
    shared.writeUInt32LE(bytes.length, 14)
    shared.writeUInt32LE(bytes.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const central = Buffer.alloc(14)
    central.writeUInt32LE(offset, 10)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), bytes])
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), shared, central, Buffer.from(name))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(Object.keys(entries).length, 8)
  end.writeUInt16LE(Object.keys(entries).length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return new Uint8Array(Buffer.concat([...parts, central, end]))
}
