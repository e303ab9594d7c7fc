import { writeFileSync } from 'node:fs'
import { isCascadeError } from '@cascade-diffusion/checks'
import { damageNumbers, filledPlaces, type Next, oneOf, xorshift } from '@cascade-diffusion/testing'
import { type Lmdb, type LmdbPlace, openLmdb } from '../open-lmdb.ts'
import { fixtureBytes } from '../test-support.ts'
import { livePages, pageBytes } from './page-fields.ts'

/** The files that are damaged, and the database that is read. */
export const damagedFiles: readonly (readonly [name: string, database?: string])[] = [
  ['to-damage'],
  ['to-damage-format-3'],
  ['to-damage-named', 'train'],
]

/** The result of reading damaged copies. */
export interface Outcome {
  readonly refused: number
  /** Read as the sound file is. */
  readonly same: number
  /** Read, with keys or places of values that the sound file does not have. */
  readonly different: number
  /** The longest processor time for one, in milliseconds. */
  readonly slowest: number
}

/**
 * Reads `count` damaged copies of a file, the same ones for the same seed. They are written to `path`.
 * @throws if one of them neither is read, with all values within the file, nor throws an error of ours.
 */
export async function readDamaged(
  [name, database]: (typeof damagedFiles)[number],
  count: number,
  { seed, path }: { readonly seed: number; readonly path: string },
): Promise<Outcome> {
  const next = xorshift(seed)
  const good = fixtureBytes(name)
  const damage = damageOf(good)
  writeFileSync(path, good)
  const whole = await openLmdb(path, { database })
  const sound = new Map((await locateAll(whole)).map((place) => [keyText(place), placeText(place)]))
  const outcome = { refused: 0, same: 0, different: 0, slowest: 0 }
  for (let i = 0; i < count; i++) {
    const bytes = damage(next)
    writeFileSync(path, bytes)
    const start = process.cpuUsage()
    const result = await readAll(path, database, bytes.length, next(4) === 0).catch((error: unknown) => error)
    outcome.slowest = Math.max(outcome.slowest, cpuMs(start))
    if (Array.isArray(result)) {
      const same =
        result.length === sound.size && result.every((place) => sound.get(keyText(place)) === placeText(place))
      outcome[same ? 'same' : 'different']++
    } else if (isOurs(result)) outcome.refused++
    else throw new Error(`${name}: copy ${i} of seed ${seed}: ${result}`, { cause: result })
  }
  return outcome
}

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

const keyText = ({ key }: LmdbPlace): string => Buffer.from(key).toString('latin1')
const placeText = (place: LmdbPlace): string =>
  'bytes' in place ? Buffer.from(place.bytes).toString('latin1') : `${place.offset}+${place.length}`

/** An input error says that there is no such database: its name may be damaged. */
const isOurs = (error: unknown): boolean =>
  ['data', 'unsupported', 'file', 'input'].some((code) => isCascadeError(error, code as 'data'))

const locateAll = (lmdb: Lmdb): Promise<LmdbPlace[]> => lmdb.locate(Array.from({ length: lmdb.count }, (_, i) => i))

async function readAll(path: string, database: string | undefined, size: number, values: boolean) {
  const lmdb = await openLmdb(path, { database })
  const places = await locateAll(lmdb)
  for (const place of places) {
    const fits = 'bytes' in place ? place.bytes.length < pageBytes : place.offset + place.length <= size
    if (!fits || places.length !== lmdb.count) throw new Error(`a value outside of the file of ${size} bytes`)
  }
  if (!values) return places
  let i = 0
  for await (const { key, value } of lmdb.entries()) {
    const place = places[i++]!
    const length = 'bytes' in place ? place.bytes.length : place.length
    if (value.length !== length || Buffer.compare(key, place.key) !== 0) throw new Error('entries differ from places')
  }
  const [some] = places
  if (some && !(await lmdb.get(some.key).catch((error) => isOurs(error)))) throw new Error('a key is not found again')
  return places
}

/** Makes damaged copies of a file: damage that meets its newest state. */
function damageOf(good: Buffer): (next: Next) => Uint8Array {
  const { pages, fields } = livePages(good)
  const live = new Set(pages)
  const places = filledPlaces(good).filter((at) => live.has(Math.floor(at / pageBytes)))
  const end = (Math.max(...pages) + 1) * pageBytes
  return (next) => {
    const kind = next(8)
    if (kind <= 3) return damageNumbers(good, fields, next)
    if (kind === 4) return good.subarray(0, next(end))
    const bytes = Buffer.from(good)
    const [a, b] = [oneOf(pages, next) * pageBytes, oneOf(pages, next) * pageBytes]
    if (kind === 5) for (let n = 1 + next(4); n > 0; n--) bytes[oneOf(places, next)]! ^= 1 << next(8)
    else if (kind === 6) {
      bytes.set(good.subarray(a, a + pageBytes), b)
      if (next(2) === 0) bytes.set(good.subarray(b, b + pageBytes), a)
    } else {
      const at = oneOf(places, next)
      bytes.fill(oneOf([0, 255, 1], next), at, at + 1 + next(200))
    }
    return bytes
  }
}
