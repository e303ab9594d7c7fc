import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { type TensorboardWriterOptions, tensorboardWriter } from './tensorboard-writer.ts'

/** What benchmarks/fixtures/tensorboard_events.py wrote, and what TensorBoard read of it. */
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

type Point = readonly [step: number, value: number | null]
interface Expected {
  readonly written: readonly (readonly (readonly [step: number, what: Readonly<Record<string, unknown>>])[])[]
  readonly read: {
    readonly scalars: Readonly<Record<string, readonly Point[]>>
    readonly images: readonly (readonly [step: number, width: number, height: number, png: string])[]
    readonly plugins: Readonly<Record<string, string>>
  }
}
const { written, read }: Expected = JSON.parse(fixture('expected.json').toString())

/** A writer with a clock that counts seconds from 1000, and all that it has written. */
function writer(options: Partial<TensorboardWriterOptions> = {}) {
  const chunks: Uint8Array[] = []
  let time = 1000
  const made = tensorboardWriter({ write: (bytes) => chunks.push(bytes), now: () => time++, ...options })
  return { ...made, chunks, bytes: () => Buffer.concat(chunks) }
}

const picture = (what: Readonly<Record<string, unknown>>) => ({
  png: Buffer.from(what.png as string, 'base64'),
  width: what.width as number,
  height: what.height as number,
  channels: what.channels as number,
})

/** Writes the events of a file of the fixture. */
function write(file: number, firstStep: number) {
  const made = writer({ firstStep })
  for (const [step, what] of written[file]!)
    if ('png' in what) made.image(step, 'samples', picture(what))
    else made.scalars(step, Object.fromEntries(Object.entries(what).map(([k, v]) => [k, (v as number) ?? Number.NaN])))
  return made
}

test('the bytes are those of TensorBoard’s own messages and records', () => {
  const cut = fixture('run/events.out.tfevents.1.first')
  const first = write(0, 1).bytes()
  expect(first.length).toBe(cut.length + 5)
  expect(first.subarray(0, cut.length).equals(cut)).toBe(true)
  expect(write(1, 21).bytes().equals(fixture('run/events.out.tfevents.2.second'))).toBe(true)
})

test('TensorBoard reads the points and images; of a run that was killed, those before the step that the next one begins at', () => {
  const points = [...written[0]!.filter(([step]) => step < 21), ...written[1]!]
  const scalars: Record<string, [number, unknown][]> = {}
  for (const [step, what] of points)
    if (!('png' in what))
      for (const [name, value] of Object.entries(what)) scalars[name] = [...(scalars[name] ?? []), [step, value]]
  expect(read.scalars).toEqual(scalars)
  const images = points.flatMap(([step, what]) => ('png' in what ? [[step, what.width, what.height, what.png]] : []))
  expect(read.images).toEqual(images)
  expect(read.plugins).toEqual({
    loss: 'scalars',
    'optimizer/gradient norm': 'scalars',
    größe: 'scalars',
    samples: 'images',
  })
})

test('every call writes whole records', () => {
  const { chunks } = write(0, 1)
  expect(chunks).toHaveLength(1 + written[0]!.length)
  for (const chunk of chunks) {
    let at = 0
    while (at < chunk.length) at += Number(new DataView(chunk.buffer, chunk.byteOffset).getBigUint64(at, true)) + 16
    expect(at).toBe(chunk.length)
  }
})

test('the checksum of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
})

test('a long name and a large image have lengths of several bytes', () => {
  const { image, bytes } = writer()
  const before = bytes().length
  const png = new Uint8Array(40_000).fill(7)
  image(1, 'n'.repeat(300), { png, width: 3, height: 3, channels: 3 })
  const added = bytes().subarray(before)
  expect(added.includes(Buffer.from(png))).toBe(true)
  expect(Number(added.readBigUInt64LE(0))).toBe(added.length - 16)
})

test('without a first step nothing is left out; the time is that of the system', () => {
  const chunks: Uint8Array[] = []
  tensorboardWriter({ write: (bytes) => chunks.push(bytes) })
  const only = Buffer.concat(chunks)
  expect(only.length).toBe(Number(only.readBigUInt64LE(0)) + 16)
  expect(Math.abs(only.readDoubleLE(13) - Date.now() / 1000)).toBeLessThan(60)
})

test('wrong arguments are refused', () => {
  expect(() => tensorboardWriter({} as never)).toThrow('tensorboardWriter: expected write, a function, got undefined')
  expect(() => writer({ firstStep: -1 })).toThrow('tensorboardWriter: expected firstStep, an integer from 0, got -1')
  expect(() => writer({ fistStep: 1 } as never)).toThrow("Did you mean 'firstStep'?")
  const { scalars, image } = writer()
  expect(() => scalars(1.5, { loss: 1 })).toThrow('tensorboardWriter: expected a step, an integer from 0, got 1.5')
  expect(() => scalars(1, { loss: '1' as never })).toThrow("tensorboardWriter: expected numbers, got '1' as 'loss'")
  expect(() => scalars(1, { '': 1 })).toThrow("tensorboardWriter: expected a name, a text, got ''")
  const png = new Uint8Array(9)
  expect(() => image(1, 'x', { png: 'x' as never, width: 1, height: 1, channels: 1 })).toThrow(
    'expected png, the bytes',
  )
  expect(() => image(1, 'x', { png, width: 0, height: 1, channels: 1 })).toThrow('expected width, an integer from 1')
})
