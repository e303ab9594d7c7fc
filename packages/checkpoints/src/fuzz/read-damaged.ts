import { sizeOf } from '@cascade-diffusion/arrays'
import { type Next, xorshift } from '@cascade-diffusion/testing'

/** What readers return. */
export interface Read {
  readonly shape: readonly number[]
  readonly data: { readonly length: number; readonly byteLength: number }
}

/** A damaged file, with the files that belong to it. */
export interface Damaged {
  /** Of all files together. */
  readonly bytes: number
  read(): Promise<Readonly<Record<string, Read>>>
}

/** A kind of damaged files. */
export interface DamagedKind {
  readonly name: string
  /** The share of this kind among all kinds. */
  readonly share: number
  readonly make: (next: Next) => Damaged
}

/** The result of reading damaged files. */
export interface Outcome {
  readonly loaded: number
  readonly refused: number
  /** The longest read, in milliseconds. */
  readonly slowest: number
}

/** Errors that JavaScript throws by itself. */
const foreignErrors = [RangeError, ReferenceError, TypeError]

/** The most bytes of arrays, as a multiple of the bytes of the files: deflate compresses by at most 1032. */
const maxGrowth = 1100

/**
 * Reads `count` damaged files, the same ones for the same seed.
 * @throws if one of them is neither read nor refused by an error of ours, or becomes larger than its size allows.
 */
export async function readDamaged({ name, make }: DamagedKind, count: number, seed: number): Promise<Outcome> {
  const next = xorshift(seed)
  let loaded = 0
  let slowest = 0
  for (let i = 0; i < count; i++) {
    const fail = (what: string, cause?: unknown) => new Error(`${name}: file ${i} of seed ${seed}: ${what}`, { cause })
    const { bytes, read } = make(next)
    const start = performance.now()
    const result = await read().catch((error: unknown) => error)
    slowest = Math.max(slowest, performance.now() - start)
    if (result instanceof Error) {
      if (isForeign(result)) throw fail(result.message, result)
      continue
    }
    loaded++
    const arrays = Object.entries(result as Record<string, Read>)
    for (const [key, { shape, data }] of arrays)
      if (data.length !== sizeOf(shape)) throw fail(`'${key}' [${shape}] has ${data.length} elements`)
    const made = [...new Set(arrays.map(([, { data }]) => data))].reduce((n, { byteLength }) => n + byteLength, 0)
    if (made > maxGrowth * bytes) throw fail(`${bytes} bytes became ${made}`)
  }
  return { loaded, refused: count - loaded, slowest }
}

const isForeign = (error: unknown): boolean =>
  error instanceof Error && (foreignErrors.some((kind) => error instanceof kind) || isForeign(error.cause))
