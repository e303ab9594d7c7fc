import { crc32 } from 'node:zlib'
import type { NDArray } from '@cascade-diffusion/arrays'

/**
 * A `.pt` file in the format of `torch.save` of a state dict: a zip of a pickle and one file for the numbers of each
 * tensor. For the test.
 */
export function encodePt(stateDict: Readonly<Record<string, NDArray>>): Buffer {
  const files: [string, Buffer][] = [['archive/data.pkl', pickle(stateDict)]]
  for (const [i, { data }] of Object.values(stateDict).entries())
    files.push([`archive/data/${i}`, Buffer.from(data.buffer, data.byteOffset, data.byteLength)])
  return zip([...files, ['archive/version', Buffer.from('3\n')]])
}

const u16 = (n: number) => Buffer.from(Uint16Array.of(n).buffer)
const u32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer)
const text = (s: string) => Buffer.concat([Buffer.from('X'), u32(s.length), Buffer.from(s)])
const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`)
const int = (n: number) => Buffer.concat([Buffer.from('J'), u32(n)])
const tuple = (parts: readonly Buffer[]) => Buffer.concat([Buffer.from('('), ...parts, Buffer.from('t')])

/** Protocol 2: an OrderedDict of `_rebuild_tensor_v2((storage), offset, size, stride, requires_grad, hooks)`. */
function pickle(stateDict: Readonly<Record<string, NDArray>>): Buffer {
  const ordered = Buffer.concat([global('collections', 'OrderedDict'), Buffer.from(')R')])
  const items = Object.entries(stateDict).map(([name, { shape, data }], i) => {
    const storage = [text('storage'), global('torch', 'FloatStorage'), text(`${i}`), text('cpu'), int(data.length)]
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
    const args = [
      Buffer.concat([tuple(storage), Buffer.from('Q')]),
      int(0),
      ...[shape, strides].map((numbers) => tuple(numbers.map(int))),
      Buffer.from([0x89]),
      ordered,
    ]
    return Buffer.concat([text(name), global('torch._utils', '_rebuild_tensor_v2'), tuple(args), Buffer.from('R')])
  })
  return Buffer.concat([Buffer.from([0x80, 2]), ordered, Buffer.from('('), ...items, Buffer.from('u.')])
}

/** Without compression, with the bytes of each file at a multiple of 64, as in PyTorch. */
function zip(files: readonly [string, Buffer][]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, bytes] of files) {
    const facts = [
      u16(0),
      u16(0),
      u16(0),
      u16(0),
      u32(crc32(bytes)),
      u32(bytes.length),
      u32(bytes.length),
      u16(name.length),
    ]
    const padding = (64 - ((at + 30 + name.length + 4) % 64)) % 64
    const extra = Buffer.concat([Buffer.from('FB'), u16(padding), Buffer.alloc(padding)])
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      u16(20),
      ...facts,
      u16(extra.length),
      Buffer.from(name),
      extra,
      bytes,
    ])
    const central = [
      Buffer.from('PK\x01\x02'),
      u16(20),
      u16(20),
      ...facts,
      u16(0),
      u16(0),
      u16(0),
      u16(0),
      u32(0),
      u32(at),
    ]
    directory.push(Buffer.concat([...central, Buffer.from(name)]))
    parts.push(local)
    at += local.length
  }
  const list = Buffer.concat(directory)
  const end = [u16(0), u16(0), u16(files.length), u16(files.length), u32(list.length), u32(at), u16(0)]
  return Buffer.concat([...parts, list, Buffer.from('PK\x05\x06'), ...end])
}
